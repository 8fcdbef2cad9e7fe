"""The gases that field instruments measure: formula, names, clean air, and what a flight's median may be.

A header is a gas when it leads to a row of this table or to a formula that the configuration lists. A formula alone is
not enough: ``SOC`` (state of charge), ``PPF`` and ``CH4_1`` read as formulas too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_PPB_SHARE: Final = 300.0
"""A third of the number that clean air shows in ppb: medians above it, taken as ppm, are ppb without their unit."""
_LOWEST_SHARE: Final = 0.01
"""A series that never reaches this share of clean air is no ppm: percent of methane, or an offset that needs saying."""

SOURCES: Final[Mapping[str, str]] = {
    "NOAA": "NOAA Global Monitoring Laboratory, global means 2024 (gml.noaa.gov)",
    "AGAGE": "Prinn et al. 2018, Earth Syst. Sci. Data 10:985, and the network's later global means",
    "WMO": "WMO Scientific Assessment of Ozone Depletion 2022, annex",
    "S&P": "Seinfeld and Pandis 2016, Atmospheric Chemistry and Physics, 3rd ed., chapter 2: order of remote air",
}


@dataclass(frozen=True)
class Gas:
    """One gas of the table."""

    formula: str
    """Canonical name: the formula in lower case, from which `gas.molar_mass_g_mol` counts the molar mass."""
    english: str
    """Names and other formulas, lower case, without blanks and signs; the usual one first."""
    chinese: str
    """Names in simplified and traditional letters."""
    clean_air_ppm: float
    source: str
    """Key of `SOURCES`."""
    highest_ppm: float
    """Median of a flight above which a column without unit is no open air in ppm."""

    @property
    def lowest_ppm(self) -> float:
        """Largest value of a flight below which a column without unit is no air in ppm."""
        return _LOWEST_SHARE * self.clean_air_ppm

    @property
    def names(self) -> tuple[str, ...]:
        """Every spelling but the formula itself."""
        return (*self.english.split(), *self.chinese.split())


_LINES: Final = """
ch4     | methane r50                                   | 甲烷 沼气 沼氣                 | 1.93    | NOAA  | 50
co2     | carbondioxide r744                            | 二氧化碳                       | 424     | NOAA  | 50000
n2o     | nitrousoxide dinitrogenoxide                  | 氧化亚氮 氧化亞氮 一氧化二氮 笑气 笑氣 | 0.338 | NOAA | 100
co      | carbonmonoxide                                | 一氧化碳                       | 0.1     | NOAA  | 30
h2      | hydrogen dihydrogen                           | 氢气 氫氣 氢 氫                | 0.53    | NOAA  | 50
sf6     | sulfurhexafluoride sulphurhexafluoride        | 六氟化硫                       | 1.18e-5 | NOAA  |
c2h6    | ethane                                        | 乙烷                           | 1.3e-3  | NOAA  |
c3h8    | propane                                       | 丙烷                           | 5e-4    | NOAA  |
c4h10   | butane nbutane isobutane ibutane nc4h10 ic4h10 | 丁烷 正丁烷 异丁烷 異丁烷      | 2e-4    | NOAA  |
c5h12   | pentane npentane isopentane ipentane nc5h12 ic5h12 | 戊烷 正戊烷 异戊烷 異戊烷  | 1e-4    | NOAA  |
c6h14   | hexane nhexane                                | 己烷 正己烷                    | 5e-5    | S&P   |
c7h16   | heptane nheptane                              | 庚烷 正庚烷                    | 2e-5    | S&P   |
c8h18   | octane noctane isooctane                      | 辛烷 正辛烷 异辛烷 異辛烷      | 2e-5    | S&P   |
c2h4    | ethylene ethene                               | 乙烯                           | 2e-4    | S&P   |
c2h2    | acetylene ethyne                              | 乙炔                           | 2e-4    | S&P   |
c3h6    | propylene propene                             | 丙烯                           | 1e-4    | S&P   |
c4h6    | butadiene 13butadiene                         | 丁二烯                         | 1e-5    | S&P   |
c5h8    | isoprene                                      | 异戊二烯 異戊二烯              | 1e-4    | S&P   |
c6h6    | benzene                                       | 苯                             | 1e-4    | S&P   |
c7h8    | toluene                                       | 甲苯                           | 1e-4    | S&P   |
c8h10   | xylene xylenes mxylene oxylene pxylene mpxylene ethylbenzene | 二甲苯 乙苯 | 5e-5 | S&P |
c8h8    | styrene                                       | 苯乙烯                         | 1e-5    | S&P   |
hcho    | formaldehyde methanal ch2o h2co               | 甲醛                           | 5e-4    | S&P   |
c2h4o   | acetaldehyde ethyleneoxide eto ch3cho         | 乙醛 环氧乙烷 環氧乙烷         | 5e-4    | S&P   |
c3h6o   | acetone                                       | 丙酮                           | 1e-3    | S&P   |
ch3oh   | methanol ch4o                                 | 甲醇                           | 3e-3    | S&P   |
c2h5oh  | ethanol c2h6o                                 | 乙醇                           | 1e-4    | S&P   |
hcooh   | formicacid ch2o2                              | 甲酸                           | 5e-4    | S&P   |
nh3     | ammonia                                       | 氨 氨气 氨氣                   | 1e-3    | S&P   |
no      | nitricoxide nitrogenmonoxide                  | 一氧化氮                       | 2e-4    | S&P   |
no2     | nitrogendioxide                               | 二氧化氮                       | 1e-3    | S&P   |
hno3    | nitricacid                                    | 硝酸                           | 2e-4    | S&P   |
hono    | nitrousacid hno2                              | 亚硝酸 亞硝酸                  | 1e-4    | S&P   |
o3      | ozone                                         | 臭氧                           | 0.03    | S&P   | 0.5
so2     | sulfurdioxide sulphurdioxide                  | 二氧化硫                       | 2e-4    | S&P   |
h2s     | hydrogensulfide hydrogensulphide              | 硫化氢 硫化氫                  | 1e-4    | S&P   |
cos     | carbonylsulfide carbonylsulphide ocs          | 羰基硫 氧硫化碳                | 5e-4    | NOAA  |
cs2     | carbondisulfide carbondisulphide              | 二硫化碳                       | 1e-5    | S&P   |
ch3sh   | methylmercaptan methanethiol ch4s             | 甲硫醇                         | 1e-5    | S&P   |
c2h6s   | dimethylsulfide dimethylsulphide dms ch3sch3  | 二甲基硫 甲硫醚                | 1e-4    | S&P   |
hcl     | hydrogenchloride                              | 氯化氢 氯化氫                  | 3e-4    | S&P   |
hf      | hydrogenfluoride                              | 氟化氢 氟化氫                  | 1e-5    | S&P   |
hcn     | hydrogencyanide                               | 氰化氢 氰化氫 氢氰酸 氫氰酸    | 3e-4    | S&P   |
hbr     | hydrogenbromide                               | 溴化氢 溴化氫                  | 1e-6    | S&P   |
cl2     | chlorine                                      | 氯气 氯氣                      | 1e-5    | S&P   |
ph3     | phosphine                                     | 磷化氢 磷化氫                  | 1e-6    | S&P   |
ash3    | arsine                                        | 砷化氢 砷化氫                  | 1e-6    | S&P   |
sih4    | silane                                        | 硅烷 矽烷                      | 1e-6    | S&P   |
h2o2    | hydrogenperoxide                              | 过氧化氢 過氧化氫              | 1e-3    | S&P   |
n2h4    | hydrazine                                     | 肼                             | 1e-6    | S&P   |
cf4     | tetrafluoromethane carbontetrafluoride pfc14 r14 | 四氟化碳                    | 8.9e-5  | AGAGE |
c2f6    | hexafluoroethane pfc116 r116                  | 六氟乙烷                       | 5.2e-6  | AGAGE |
nf3     | nitrogentrifluoride                           | 三氟化氮                       | 3e-6    | AGAGE |
chf3    | trifluoromethane fluoroform hfc23 r23         | 三氟甲烷                       | 3.7e-5  | AGAGE |
ch2f2   | difluoromethane hfc32 r32                     | 二氟甲烷                       | 3.5e-5  | AGAGE |
c2h2f4  | tetrafluoroethane hfc134a r134a               | 四氟乙烷                       | 1.35e-4 | NOAA  |
c2hf5   | pentafluoroethane hfc125 r125                 | 五氟乙烷                       | 4.5e-5  | AGAGE |
c2h3f3  | trifluoroethane hfc143a r143a                 | 三氟乙烷                       | 3.1e-5  | AGAGE |
c2h4f2  | difluoroethane hfc152a r152a                  | 二氟乙烷                       | 7e-6    | AGAGE |
c3h2f4  | tetrafluoropropene hfo1234yf hfo1234ze r1234yf r1234ze | 四氟丙烯              | 1e-7    | WMO   |
chclf2  | chlorodifluoromethane hcfc22 r22              | 二氟一氯甲烷                   | 2.47e-4 | NOAA  |
ccl2f2  | dichlorodifluoromethane cfc12 r12             | 二氟二氯甲烷                   | 4.9e-4  | NOAA  |
ccl3f   | trichlorofluoromethane cfc11 r11              | 一氟三氯甲烷                   | 2.16e-4 | NOAA  |
so2f2   | sulfurylfluoride sulphurylfluoride            | 硫酰氟                         | 3e-6    | AGAGE |
ch3cl   | methylchloride chloromethane                  | 氯甲烷 一氯甲烷                | 5.5e-4  | WMO   |
ch3br   | methylbromide bromomethane                    | 溴甲烷                         | 6.6e-6  | WMO   |
ch2cl2  | dichloromethane methylenechloride             | 二氯甲烷                       | 4e-5    | WMO   |
chcl3   | chloroform trichloromethane                   | 氯仿 三氯甲烷                  | 9e-6    | WMO   |
ccl4    | carbontetrachloride tetrachloromethane        | 四氯化碳                       | 7.3e-5  | WMO   |
c2h3cl  | vinylchloride chloroethene                    | 氯乙烯                         | 1e-6    | S&P   |
c2hcl3  | trichloroethylene trichloroethene tce         | 三氯乙烯                       | 1e-6    | S&P   |
c2cl4   | tetrachloroethylene perchloroethylene tetrachloroethene pce | 四氯乙烯         | 1e-6    | WMO   |
he      | helium                                        | 氦气 氦氣 氦                   | 5.24    | S&P   | 1000
h2o     | water watervapor watervapour                  | 水汽 水氣 水蒸气 水蒸氣        | 1e4     | S&P   | 1e5
o2      | oxygen                                        | 氧气 氧氣                      | 209500  | S&P   | 1e6
n2      | nitrogen                                      | 氮气 氮氣                      | 780800  | S&P   | 1e6
ar      | argon                                         | 氩气 氬氣                      | 9340    | S&P   | 1e5
"""


def _gas(line: str) -> Gas:
    """Row of the table from its line."""
    formula, english, chinese, clean, source, *highest = (part.strip() for part in line.split("|"))
    clean_ppm = float(clean)
    high = float(highest[0]) if highest and highest[0] else _PPB_SHARE * clean_ppm
    return Gas(formula, english, chinese, clean_ppm, source, high)


GASES: Final[Mapping[str, Gas]] = {gas.formula: gas for gas in map(_gas, _LINES.strip().splitlines())}
"""Formula in lower case -> gas."""

NOT_AUTOMATIC: Final = frozenset({"h2o", "o2", "n2", "ar"})
"""Humidity and bulk air: columns of an instrument, taken as gases only when the configuration lists them."""

MIXTURES: Final = frozenset(
    (
        *("voc", "vocs", "tvoc", "tvocs", "nmvoc", "nmhc", "thc", "hc", "nox", "noy", "sox", "btex", "tnmhc", "tsp"),
        *("bc", "pm1", "pm25", "pm10", "pm4", "pm2", "odor", "odour", "smoke", "lpg", "naturalgas", "biogas"),
        *("blackcarbon", "totalhydrocarbons", "totalhydrocarbon", "volatileorganiccompounds"),
        *("总烃", "總烴", "非甲烷总烃", "非甲烷總烴", "挥发性有机物", "揮發性有機物", "总挥发性有机物", "氮氧化物"),
        *("恶臭", "惡臭", "臭气", "臭氣", "颗粒物", "顆粒物", "可燃气体", "可燃氣體"),
    )
)
"""Mixtures, particles and smells: no molar mass, hence no rate."""

BY_NAME: Final[Mapping[str, str]] = {name: gas.formula for gas in GASES.values() for name in gas.names}
"""Spelling -> formula in lower case."""


def lies_outside(formula: str, middle_ppm: float, largest_ppm: float) -> bool:
    """Tell whether a series taken as ppm is no open air.

    Parameters
    ----------
    formula
        Gas in lower case; one that the table does not hold is never outside.
    middle_ppm
        Median of the series; below zero it is an instrument's offset.
    largest_ppm
        Largest size of a value.
    """
    gas = GASES.get(formula)
    return gas is not None and (middle_ppm > gas.highest_ppm or 0.0 < largest_ppm < gas.lowest_ppm)
