"""What columns and gases are called in further languages of Europe and Asia, beside English and Chinese.

A table of texts: it is taken apart when a header is met that the tables of English and Chinese do not hold.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

_COLUMNS: Final[Mapping[str, str]] = {
    "timestamp": (
        "zeitstempel zeit uhrzeit datumzeit datumuhrzeit datumundzeit datumunduhrzeit messzeit messzeitpunkt zeitpunkt"
        " fechahora fechayhora horafecha hora marcadetiempo marcatemporal horautc fechahorautc"
        " horodatage dateheure dateetheure heure heureutc dateheureutc datetheure dataora dataeora ora orautc datahora"
        " dataehora czas dataczas dataiczas tijd tijdstip datumtijd datumentijd tid tidspunkt datotid datumtid"
        " 日時 測定日時 観測日時 計測日時 測定時刻 観測時刻 計測時刻 取得時刻 タイムスタンプ 年月日時分秒"
        " 일시 시간 시각 측정시간 측정일시 날짜시간 관측시각 관측일시 측정시각"
        " время датавремя датаивремя времяизмерения"
    ),
    "date": (
        "datum messdatum fecha jour data giorno dato dagdatum 日付 測定日 観測日 計測日 年月日 날짜 일자 측정일 дата"
    ),
    "year": "jahr año annee anno rok jaar år год 연도 년",
    "month": "monat mes mois mese miesiac maand måned månad месяц 월",
    "day": "tag dia giorno dzien dag день 일",
    "hour": "stunde stunden heures ore godzina uur час 시",
    "minute": "minuten minuto minutos minuti minuut минута 분",
    "second": "sekunde sekunden segundo segundos seconde secondo secondi sekunda секунда 초",
    "elapsed": "laufzeit flugzeit verstrichenezeit tiempotranscurrido tempsecoule tempodecorrido"
    " tempotrascorso 経過時間 경과시간",
    "latitude": (
        "breite breitengrad geographischebreite geogrbreite latitud latitudine szerokosc szerokoscgeograficzna"
        " breedtegraad breddegrad 위도 широта"
    ),
    "longitude": (
        "lange laenge langengrad laengengrad geographischelange geographischelaenge geogrlange longitud longitudine"
        " dlugosc dlugoscgeograficzna długosc długoscgeograficzna lengtegraad lengdegrad langdgrad 경도 долгота 経度"
    ),
    "height_ato": (
        "relativehohe flughohe hoheuberstart hohe hoehe flughoehe alturarelativa alturadevuelo altura hauteur"
        " hauteurrelative altezza quotarelativa alturadevoo wysokosc wysokośc hoogte hoyde hojd 相対高度 飛行高さ 高さ"
        " 상대고도 비행고도 높이 высота относительнаявысота"
    ),
    "height_agl": (
        "hoheubergrund hoeheubergrund hoeheuebergrund alturasobreelsuelo hauteursol altezzadalsuolo 対地高度 지상고도"
    ),
    "altitude": (
        "hohemsl hoheunn hoheubernn hoehemsl hoeheunn hoeheuebernn altitud altitudine quota elevacion elevacao 標高"
        " 海抜高度 海抜 고도 해발고도 абсолютнаявысота"
    ),
    "windspeed": (
        "windgeschwindigkeit windgeschw velocidaddelviento velocidadviento velviento velocidadedovento velocidadevento"
        " velvento vitesseduvent vitessevent vitvent velocitadelvento velocitavento intensitadelvento windsnelheid"
        " predkoscwiatru prędkoscwiatru vindhastighet vindhastighed vindstyrke 풍속 скоростьветра"
    ),
    "winddir": (
        "windrichtung windricht direcciondelviento direccionviento dirviento rumbodelviento rumboviento"
        " direcaodovento direcaovento dirvento"
        " directionduvent directionvent dirvent direzionedelvento direzionevento windrichting kierunekwiatru"
        " vindretning vindriktning 풍향 направлениеветра"
    ),
    "temperature": (
        "temperatur lufttemperatur außentemperatur aussentemperatur umgebungstemperatur temperatura temperaturadelaire"
        " temperaturaaire temperaturadoar temperaturaar temperaturaambiente temperaturedelair temperatureambiante"
        " temperatureexterieure temperaturaaria temperaturadellaria temperaturaesterna"
        " temparia tempambiente tempar temperaturapowietrza"
        " luchttemperatuur temperatuur 気温 外気温 大気温度 기온 대기온도 온도 температура температуравоздуха"
    ),
    "pressure": (
        "luftdruck druck stationsdruck presion presionatmosferica presionbarometrica pressao pressaoatmosferica"
        " pressaobarometrica pression pressionatmospherique pressionbarometrique pressione pressioneatmosferica"
        " cisnienie cisnienieatmosferyczne luchtdruk lufttrykk lufttryck 気圧 現地気圧 大気圧 기압 대기압 현지기압"
        " давление атмосферноедавление давлениевоздуха"
    ),
}
_GASES: Final[Mapping[str, str]] = {
    "ch4": "methan metano metan メタン 메탄 метан",
    "co2": (
        "kohlendioxid kohlenstoffdioxid dioxidodecarbono dioxydedecarbone gazcarbonique anidridecarbonica"
        " biossidodicarbonio diossidodicarbonio gascarbonico koolstofdioxide dwutlenekwegla koldioxid 二酸化炭素"
        " 이산화탄소 диоксидуглерода углекислыйгаз"
    ),
    "co": (
        "kohlenmonoxid kohlenstoffmonoxid monoxidodecarbono monoxydedecarbone monossidodicarbonio koolmonoxide"
        " tlenekwegla kolmonoxid 一酸化炭素 일산화탄소 угарныйгаз оксидуглерода"
    ),
    "n2o": (
        "lachgas distickstoffmonoxid oxidonitroso protoxydedazote protossidodiazoto oxydenitreux 亜酸化窒素"
        " 一酸化二窒素 아산화질소 закисьазота"
    ),
    "nh3": "ammoniak amoniaco ammoniac ammoniaca amoniak アンモニア 암모니아 аммиак",
    "c2h6": "ethan etano éthane エタン 에탄 этан",
    "so2": "schwefeldioxid dioxidodeazufre dioxydedesoufre anidridesolforosa 二酸化硫黄 이산화황",
    "no2": "stickstoffdioxid dioxidodenitrogeno dioxydedazote biossidodiazoto 二酸化窒素 이산화질소",
    "h2s": "schwefelwasserstoff sulfurodehidrogeno sulfuredhydrogene 硫化水素 황화수소",
    "o3": "ozon ozono オゾン 오존 озон",
}


def without_accents(text: str) -> str:
    """Return letters without accents, so that ``Dirección`` and ``Direccion`` are one; those of Asia stay composed."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    left = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFC", left)


@cache
def _by_key(of_gases: bool) -> Mapping[str, tuple[str, int]]:
    """Spelling -> canonical name and its rank, behind all English and Chinese spellings."""
    table = _GASES if of_gases else _COLUMNS
    return {
        without_accents(key): (name, _BEHIND + rank)
        for name, keys in table.items()
        for rank, key in enumerate(keys.split())
    }


_BEHIND: Final = 60
"""Rank that puts these spellings behind the others, and before names with words beside them."""


def foreign_column(key: str) -> tuple[str, int] | None:
    """Return the canonical name and the rank of a column called `key`, None when no language here calls one so."""
    return _by_key(False).get(without_accents(key))


_YEAR_FIRST: Final = "\u3040"
"""Where the scripts of eastern Asia begin, whose countries write the year first."""


def says_day_first(key: str) -> bool:
    """Tell whether a header is in a language of countries that write the day before the month."""
    return key not in _SHARED and foreign_column(key) is not None and key < _YEAR_FIRST


_SHARED: Final = frozenset({"data", "jour", "tag", "quota", "tid", "week"})
"""Spellings that are English words as well."""


def foreign_gas(key: str) -> str | None:
    """Return the formula of a gas called `key`, None when no language here calls one so."""
    found = _by_key(True).get(without_accents(key))
    return found[0] if found else None
