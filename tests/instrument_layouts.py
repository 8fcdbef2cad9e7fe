"""Layouts of real instruments, as small logs that tests make and read: docs/INSTRUMENTS.md is the table of them.

A layout is written one column a line, ``header := what it holds``: a column of `flight_files.flight` (with
``* factor`` and ``+ offset`` where the instrument has another unit), ``time FORMAT``, ``epoch``, a number that wavers
(``~45``), or a constant. What is a column of the flight must come out of the reader as it went in; all else must not
be read.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from flight_files import ROWS, Cells, flight, floats, text_of, times

from gasflux.records import FloatArray

NEEDED = ("latitude", "longitude", "height", "windspeed", "winddir", "temperature", "pressure", "gas")
HEIGHTS = ("height_ato", "height_agl", "altitude")
_SPEC = re.compile(r"([a-z_0-9]+)(?: \* ([-\d.e]+))?(?: \+ ([-\d.e]+))?(?: (whole))?")


@dataclass(frozen=True)
class Layout:
    """One instrument's log."""

    name: str
    """Maker and model, as in the table of the docs."""
    text: str
    """Its columns."""
    delimiter: str = ","
    preamble: str = ""
    below: str = ""
    """Lines between header and records: units, process codes."""
    encoding: str = "utf-8"
    fault: str = ""
    """Code of the fault that its own columns bring; empty where they read."""
    note: tuple[str, str] = ("", "")
    """Remark of the table in English and Chinese."""
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Header and content of each column."""
        pairs = (line.split(":=") for line in self.text.strip().splitlines())
        return [(header.strip(), content.strip()) for header, content in pairs]

    @property
    def held(self) -> dict[str, str]:
        """Columns of the flight that the log holds: name -> header."""
        found = {}
        for header, content in self.columns:
            match = _SPEC.fullmatch(content)
            if match and match.group(1) in sources():
                found[match.group(1)] = header
        return found

    @property
    def lacks(self) -> tuple[str, ...]:
        """What must be added for a rate: names of `NEEDED`."""
        there = set(self.held)
        if there & set(HEIGHTS):
            there.add("height")
        if {"wind_east", "wind_north"} <= there or {"apparent_speed", "heading"} <= there:
            there |= {"windspeed", "winddir"}
        if there & set(GAS_VALUES):
            there.add("gas")
        return tuple(name for name in NEEDED if name not in there)

    def cells(self) -> dict[str, Cells]:
        """Return the columns of its log."""
        return {header: _cells(content) for header, content in self.columns}

    def data(self, added: dict[str, Cells]) -> bytes:
        """Return the log with further columns."""
        columns = {**self.cells(), **added}
        text = text_of(columns, delimiter=self.delimiter if self.delimiter != " " else "\t")
        if self.delimiter == " ":
            text = "\n".join(" ".join(f"{cell:<26}" for cell in line.split("\t")) for line in text.splitlines()) + "\n"
        header, _, records = text.partition("\n")
        return f"{self.preamble}{header}\n{self.below}{records}".encode(self.encoding)


def ascending(start: float, step: float = 0.01) -> list[object]:
    """Return numbers that change from row to row."""
    return [round(start + step * (i % 7), 6) for i in range(ROWS)]


GAS_VALUES: dict[str, float] = {
    "ch4": 2.2,
    "co2": 421.0,
    "n2o": 0.336,
    "c2h6": 0.002,
    "co": 0.12,
    "nh3": 0.004,
    "so2": 0.02,
    "h2s": 0.004,
    "o3": 0.031,
    "no2": 0.012,
    "no": 0.004,
    "hcho": 0.003,
    "c3h8": 0.001,
    "sf6": 1.2e-5,
    "c6h6": 0.001,
    "h2": 0.55,
}
"""Gas -> clean air of the samples, ppm."""


def sources() -> dict[str, FloatArray]:
    """Return the columns a layout may hold, in contract units."""
    base = {name: floats(cells) for name, cells in flight().items() if name != "timestamp"}
    angle = np.radians(base["winddir"])
    steps = np.asarray(1.0 + 0.001 * np.arange(ROWS), dtype=np.float64)
    gases: dict[str, FloatArray] = {gas: value * steps for gas, value in GAS_VALUES.items()}
    return {
        **base,
        **gases,
        **_felt(base["windspeed"], angle),
        "height_agl": base["height_ato"] + 1.5,
        "altitude": base["height_ato"] + 1120.0,
        "wind_east": -base["windspeed"] * np.sin(angle),
        "wind_north": -base["windspeed"] * np.cos(angle),
    }


def _felt(speed: FloatArray, angle: FloatArray) -> dict[str, FloatArray]:
    """Return what an anemometer on an aircraft that flies nose first to 30 degrees at 4 m/s feels."""
    heading, ground = np.full(ROWS, 30.0), np.full(ROWS, 4.0)
    east = -speed * np.sin(angle) - ground * np.sin(np.radians(heading))
    north = -speed * np.cos(angle) - ground * np.cos(np.radians(heading))
    from_nose = (np.degrees(np.arctan2(-east, -north)) - heading) % 360.0
    felt = {"apparent_speed": np.hypot(east, north), "apparent_direction": from_nose}
    return {**felt, "heading": heading, "ground_speed": ground}


def _cells(content: str) -> Cells:
    """Cells of one column."""
    kind, _, rest = content.partition(" ")
    if kind == "time":
        return [t.strftime(rest).removesuffix("000") if rest.endswith("%f") else t.strftime(rest) for t in times()]
    if kind == "epoch":
        return [f"{(t - datetime(1970, 1, 1)).total_seconds() * float(rest or 1):.3f}" for t in times()]
    if content == "whole seconds":
        return [int((t - datetime(1970, 1, 1)).total_seconds()) for t in times()]
    if content == "seconds of the day":
        return [round((t - datetime(t.year, t.month, t.day)).total_seconds(), 3) for t in times()]
    if content.startswith("~"):
        return ascending(float(content[1:]))
    match = _SPEC.fullmatch(content)
    if match and match.group(1) in sources():
        values = sources()[match.group(1)] * float(match.group(2) or 1.0) + float(match.group(3) or 0.0)
        return [round(float(value)) for value in values] if match.group(4) else [float(f"{v:.12g}") for v in values]
    return [content] * ROWS


ICARTT_HEAD = """28, 1001
DOE, JANE
Some Lab
Aircraft in situ CH4
SURVEY
1, 1
2023, 04, 19, 2023, 05, 02
1
Time_Start, seconds
8
1, 1, 1, 1, 1, 1, 1, 1
-9999, -9999, -9999, -9999, -9999, -9999, -9999, -9999
Latitude, degrees
Longitude, degrees
Altitude_AGL, m
Wind_Speed, m/s
Wind_Direction, degrees
Static_Pressure, hPa
Static_Air_Temp, C
CH4_ppb, ppbv
0
6
PI_CONTACT_INFO: x
PLATFORM: UAV
ULOD_FLAG: -7777
LLOD_FLAG: -8888
REVISION: R0
"""

LAYOUTS: tuple[Layout, ...] = (
    # gas analysers
    Layout(
        "Picarro G2301, G2401",
        """
        DATE := time %Y-%m-%d
        TIME := time %H:%M:%S.%f
        EPOCH_TIME := epoch
        ALARM_STATUS := 0
        INST_STATUS := 963
        CavityPressure := ~140
        CavityTemp := ~45
        DasTemp := ~38
        species := 2
        CH4 := ~1.9
        CH4_dry := ch4
        CO2 := ~400
        CO2_dry := co2
        H2O := ~1.1
        """,
        " ",
    ),
    Layout(
        "Picarro G2301, CH4_dry all zero",
        """
        DATE := time %Y-%m-%d
        TIME := time %H:%M:%S.%f
        EPOCH_TIME := epoch
        CavityPressure := ~140
        CH4 := ch4
        CH4_dry := 0
        H2O := ~1.1
        """,
        " ",
        note=("CH4 is taken, and told", "改用 CH4 并说明"),
    ),
    Layout(
        "Picarro G2201-i",
        """
        DATE := time %Y-%m-%d
        TIME := time %H:%M:%S.%f
        EPOCH_TIME := epoch
        HP_12CH4_dry := ch4 * 0.9893
        HP_13CH4 := ~0.021
        HR_12CH4_dry := ~1.9
        12CO2_dry := co2 * 0.9893
        13CO2 := ~4.5
        Delta_iCO2_Raw := ~-8
        PPF_CH4_conc := ~1.8
        """,
        " ",
        note=("12C counts for all carbon, by its natural share", "按天然丰度由 12C 换算为总碳"),
    ),
    Layout(
        "Picarro mobile kit",
        """
        EPOCH_TIME := epoch
        CH4 := ch4
        C2H6 := c2h6
        GPS_ABS_LAT := latitude
        GPS_ABS_LONG := longitude
        GPS_FIT := 2
        WIND_N := wind_north
        WIND_E := wind_east
        WIND_DIR_SDEV := ~8
        CAR_SPEED := ~4
        """,
        " ",
    ),
    Layout(
        "Picarro GasScouter G4301",
        """
        DATE := time %Y-%m-%d
        TIME := time %H:%M:%S.%f
        EPOCH_TIME := epoch
        CO2 := ~400
        CO2_dry := co2
        CH4 := ~1.9
        CH4_dry := ch4
        H2O := ~1.1
        GPS_ABS_LAT := latitude
        GPS_ABS_LONG := longitude
        """,
        " ",
    ),
    Layout(
        "LGR / ABB UGGA, MGGA",
        """
        Time := time %d/%m/%Y %H:%M:%S.%f
        [CH4]_ppm := ~1.9
        [CH4]_ppm_sd := ~0.001
        [H2O]_ppm := ~9000
        [CO2]_ppm := ~400
        [CH4]d_ppm := ch4
        [CH4]d_ppm_sd := ~0.001
        [CO2]d_ppm := co2
        GasP_torr := ~140
        GasT_C := ~35
        RD0_us := ~9
        """,
        preamble="VC:2f90039 BD:Jan 16 2014 SN:15-0221\n",
    ),
    Layout(
        "LGR / ABB N2O/CO, isotopes",
        """
        Time := time %Y/%m/%d %H:%M:%S.%f
        [N2O]_ppm := ~0.33
        [N2O]d_ppm := n2o
        [CO]d_ppm := co
        [NN15O]_ppm := ~0.0012
        [N15NO]_ppm := ~0.0012
        [H2O]_ppm := ~9000
        GasP_torr := ~45
        """,
    ),
    Layout(
        "ABB UAV (LGR pMGGA)",
        """
        SysTime := time %Y-%m-%d %H:%M:%S.%f
        [CH4]_ppm := ch4
        Latitude (degrees) := latitude
        Longitude (degrees) := longitude
        Altitude (m) := altitude
        WindSpeed3D (m/s) := windspeed
        WindDirection (degree) := winddir
        """,
    ),
    Layout(
        "LI-COR LI-7820 (N2O)",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        N2O (ppb) := n2o * 1000
        H2O (mmol/mol) := ~9
        DIAG := 0
        """,
        "\t",
    ),
    Layout(
        "LI-COR LI-850",
        """
        System_Time := time %Y-%m-%d %H:%M:%S
        CO2(umol/mol) := co2
        H2O(mmol/mol) := ~9
        Cell_Temperature(c) := ~51
        Cell_Pressure(kPa) := ~99
        """,
    ),
    Layout(
        "LI-COR LI-7700 (open path)",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        CH4 (umol/mol) := ch4
        CH4 Density (mmol/m^3) := ~0.08
        Temperature (C) := temperature
        Pressure (kPa) := pressure * 0.1
        RSSI (%) := ~60
        """,
    ),
    Layout(
        "Aeris MIRA Pico",
        """
        Time Stamp := time %m/%d/%Y %H:%M:%S.%f
        Inlet Number := 1
        P (mbars) := ~240
        T (degC) := ~45
        CH4 (ppm) := ch4
        H2O (ppm) := ~9000
        C2H6 (ppb) := c2h6 * 1000
        R := ~0.1
        C2/C1 := ~0.01
        Battery Charge (V) := ~12
        Latitude := latitude
        Longitude := longitude
        """,
    ),
    Layout(
        "Aeris MIRA Strato, Ultra",
        """
        Time Stamp := time %m/%d/%Y %H:%M:%S.%f
        T0 (degC) := ~40
        T5 (degC) := ~38
        Laser PID Readout := ~0.4
        Det PID Readout := ~0.4
        CH4 (ppm) := ch4
        N2O (ppb) := n2o * 1000
        CO (ppb) := co * 1000
        H2O (ppm) := ~9000
        SOC (%) := ~93
        """,
        note=("SOC is the battery", "SOC 为电池电量"),
    ),
    Layout(
        "Gasmet DX4040, GT5000",
        """
        Date := time %Y-%m-%d
        Time := time %H:%M:%S
        Water vapor H2O := ~1.04
        Carbon dioxide CO2 := co2
        Methane CH4 := ch4
        Nitrous oxide N2O := n2o
        Ammonia NH3 (ppm) := nh3
        Carbon monoxide CO := co
        Ambient pressure := pressure
        """,
        "\t",
    ),
    Layout(
        "SeekOps SeekIR",
        """
        UTCs := seconds of the day
        Month := 4
        Day := 19
        Year := 2023
        LatitudeDD := latitude
        LongitudeDD := longitude
        AltitudeGpsM := altitude
        PressuremBar := pressure
        TemperatureC := temperature
        WindAngleMetDegrees := winddir
        WindSpdMps := windspeed
        MethanePPB := ch4 * 1000
        """,
    ),
    Layout(
        "Aerodyne TILDAS",
        """
        UTC time := time %Y-%m-%d %H:%M:%S.%f
        CH4 [ppb] := ch4 * 1000
        C2H6 [ppb] := c2h6 * 1000
        N2O_ppb_dry := n2o * 1000
        CH4 [ppb] std dev := ~0.5
        Pcell [torr] := ~30
        Range_F_1_L_1 := ~0.2
        """,
    ),
    Layout(
        "MIRO Analytical MGA",
        """
        Timestamp_UTC := time %Y-%m-%d %H:%M:%S.%f
        CH4_dry [ppb] := ch4 * 1000
        CO2_dry [ppm] := co2
        N2O_dry [ppb] := n2o * 1000
        CO_dry [ppb] := co * 1000
        NH3 [ppb] := nh3 * 1000
        NO2 [ppb] := no2 * 1000
        SO2 [ppb] := so2 * 1000
        O3 [ppb] := o3 * 1000
        H2O [ppm] := ~9000
        """,
    ),
    Layout(
        "Healthy Photon HT8000 (中文)",
        """
        时间 := time %Y-%m-%d %H:%M:%S
        氨气浓度(ppb) := nh3 * 1000
        甲烷浓度(ppm) := ch4
        气室压力(mbar) := ~150
        气室温度(℃) := ~36
        """,
    ),
    Layout(
        "Axetris LGD Compact-A",
        """
        Timestamp := time %Y-%m-%d %H:%M:%S.%f
        CH4 concentration [ppm] := ch4
        Laser temperature [degC] := ~41
        Status := 0
        """,
    ),
    Layout(
        "Gasera One",
        """
        Date & Time := time %Y-%m-%d %H:%M:%S
        Methane (ppm) := ch4
        Ammonia (ppm) := nh3
        Nitrous Oxide (ppm) := n2o
        Water Vapour (ppm) := ~9000
        """,
        ";",
    ),
    Layout(
        "2B Technologies POM, 205",
        """
        Date := time %d/%m/%Y
        Time := time %H:%M:%S
        Ozone(ppb) := o3 * 1000
        Cell Temp(C) := ~33
        Cell Pressure(mbar) := ~880
        PDV(V) := ~0.9
        Latitude := latitude
        Longitude := longitude
        Altitude(m) := altitude
        GPS Quality := 1
        """,
    ),
    Layout(
        "Thermo 43i, 42i",
        """
        Date Time := time %Y-%m-%d %H:%M:%S
        SO2 (ppb) := so2 * 1000
        NO (ppb) := no * 1000
        NO2 (ppb) := no2 * 1000
        NOX (ppb) := ~16
        SO2 flag := 0
        Int Temp := ~31
        """,
    ),
    Layout(
        "Aeroqual S500, AQY",
        """
        Time := time %Y-%m-%d %H:%M:%S
        NO2 (ppm) := no2
        O3 (ppm) := o3
        PM2.5 (ug/m3) := ~12
        TEMP (degC) := temperature
        RH (%) := ~45
        DP (degC) := ~8
        """,
    ),
    Layout(
        "Scentroid DR1000",
        """
        Date/Time := time %Y-%m-%d %H:%M:%S
        H2S (ppb) := h2s * 1000
        CH4 (ppm) := ch4
        TVOC (ppb) := ~120
        Temperature (C) := temperature
        Pressure (hPa) := pressure
        Latitude := latitude
        Longitude := longitude
        Altitude (m) := altitude
        """,
    ),
    Layout(
        "Sniffer4D Mapper (中文)",
        """
        采样点时间 := time %Y-%m-%d %H:%M:%S
        相对高度 m := height_ato
        经度 := longitude
        纬度 := latitude
        温度 ℃ := temperature
        湿度 % := ~40
        气压 Pa := pressure * 100
        VOCs ppm := ~0.1
        CH4 ppm := ch4
        设备序列号 := S4D-0042
        """,
        preamble="#Created by: Sniffer4DMapper 2.5\n项目名称 : 测试\n",
        encoding="gb18030",
    ),
    Layout(
        "Vaisala GMP343",
        """
        time := time %Y-%m-%d %H:%M:%S
        CO2 (ppm) := co2
        CO2RAW (ppm) := ~400
        Sensor T (C) := ~31
        """,
    ),
    Layout(
        "Senseair, K-series loggers",
        """
        Timestamp := epoch
        co2_ppm := co2
        temp_sensor := ~31
        """,
    ),
    Layout(
        "Unisense / dissolved-free H2 sensors",
        """
        Datetime := time %Y-%m-%d %H:%M:%S
        H2 [ppm] := h2
        H2 [mV] := ~90
        """,
    ),
    Layout(
        "SF6 tracer analysers",
        """
        Datetime := time %Y-%m-%d %H:%M:%S
        SF6 [ppt] := sf6 * 1e6
        """,
    ),
    Layout(
        "PTR-MS exports",
        """
        UTC := time %Y-%m-%d %H:%M:%S.%f
        Benzene (ppbv) := c6h6 * 1000
        Formaldehyde (ppbv) := hcho * 1000
        VOC sum (ppbv) := ~9
        """,
    ),
    Layout(
        "UgCS SkyHub with laser methane",
        """
        Date := time %Y/%m/%d
        Time := time %H:%M:%S.%f
        Latitude := latitude
        Longitude := longitude
        Altitude := altitude
        AIR:Speed := ~6
        AIR:Direction := ~9
        GAS:Methane := ~253
        GAS:Status := 1
        """,
        fault="no_fraction",
        note=("ppm-m along a path, and wind relative to the aircraft", "ppm-m 为光程积分；风为相对飞机的风"),
    ),
    Layout(
        "Pergam Laser Methane mini",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        Methane (ppm*m) := ~90
        latitude := latitude
        longitude := longitude
        """,
        fault="no_fraction",
        note=("a path concentration", "光程积分浓度"),
    ),
    Layout(
        "Catalytic and %LEL detectors",
        """
        timestamp := time %Y-%m-%d %H:%M:%S
        CH4 (%LEL) := ~0.1
        """,
        fault="no_fraction",
        note=("convert to % by volume", "请换算为体积分数"),
    ),
    Layout(
        "Figaro TGS boards",
        """
        timestamp := time %Y-%m-%d %H:%M:%S
        CH4 (mV) := ~900
        """,
        fault="no_fraction",
        note=("a signal, not calibrated", "未经校准的信号"),
    ),
    # aircraft
    Layout(
        "DJI, AirData export",
        """
        time(millisecond) := milliseconds
        datetime(utc) := time %Y-%m-%d %H:%M:%S
        latitude := latitude
        longitude := longitude
        height_above_takeoff(feet) := height_ato * 3.280839895013123
        altitude_above_seaLevel(feet) := altitude * 3.280839895013123
        compass_heading(degrees) := ~11
        speed(mph) := ~8
        """,
    ),
    Layout(
        "DJI, Flight Reader export",
        """
        CUSTOM.date [local] := time %m/%d/%Y
        CUSTOM.updateTime [local] := time %I:%M:%S.%f %p
        OSD.latitude := latitude
        OSD.longitude := longitude
        OSD.height [ft] := height_ato * 3.280839895013123
        OSD.altitude [ft] := ~3700
        OSD.hSpeed [MPH] := ~8
        OSD.yaw := ~11
        HOME.latitude := ~32
        HOME.longitude := ~-103
        BATTERY.temperature [F] := ~90
        """,
    ),
    Layout(
        "PX4, vehicle_global_position",
        """
        time_utc_usec := epoch 1e6
        lat := latitude
        lon := longitude
        alt := altitude
        """,
    ),
    Layout(
        "PX4 and MAVLink, scaled whole numbers",
        """
        time_utc_usec := epoch 1e6
        lat := latitude * 1e7 whole
        lon := longitude * 1e7 whole
        relative_alt := height_ato * 1000 whole
        """,
        note=("1e-7 degrees and mm", "1e-7 度与毫米"),
    ),
    Layout(
        "ArduPilot DataFlash, csv",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        GPS.Lat := latitude
        GPS.Lng := longitude
        GPS.Alt := altitude
        BARO.Temp := ~38
        XKF2.VWN := wind_north
        XKF2.VWE := wind_east
        """,
        note=("the barometer's temperature is the board's", "气压计温度为电路板温度"),
    ),
    Layout(
        "Emlid Reach",
        """
        UTC := time %Y/%m/%d %H:%M:%S.%f
        latitude(deg) := latitude
        longitude(deg) := longitude
        height(m) := height_ato
        Q := 1
        ns := 14
        sdn(m) := ~0.01
        """,
    ),
    Layout(
        "u-blox, GPX to csv",
        """
        time := time %Y-%m-%dT%H:%M:%SZ
        lat := latitude
        lon := longitude
        elevation := altitude
        hdop := ~0.8
        """,
    ),
    # wind and weather
    Layout(
        "Campbell TOA5, cup or sonic (WVc)",
        """
        TIMESTAMP := time %Y-%m-%d %H:%M:%S
        RECORD := 7
        BattV_Min := ~12
        PTemp_C_Avg := ~30
        WS_ms_S_WVT := windspeed
        WindDir_D1_WVT := winddir
        WindDir_SD1_WVT := ~9
        AirTC_Avg := temperature
        BP_mmHg_Avg := pressure * 0.750061682704
        """,
    ),
    Layout(
        "Anemoment TriSonica, named columns",
        """
        Date Time := time %Y-%m-%d %H:%M:%S
        Wind Speed 2D (m/s) := windspeed
        Wind Direction (deg) := winddir
        U Wind (m/s) := wind_east
        V Wind (m/s) := wind_north
        W Wind (m/s) := ~0.1
        Temperature (C) := temperature
        Pressure (hPa) := pressure
        Pitch := ~1
        Roll := ~1
        """,
    ),
    Layout(
        "Gill WindSonic, MaxiMet",
        """
        TIME := time %Y-%m-%dT%H:%M:%S
        Relative Wind Direction := ~10
        Relative Wind Speed := ~6
        Corrected Wind Direction := winddir
        Corrected Wind Speed := windspeed
        PRESS (hPa) := pressure
        TEMP (C) := temperature
        RH (%) := ~40
        """,
        note=("relative wind is left alone", "相对风不采用"),
    ),
    Layout(
        "Airmar WX series",
        """
        UTC := time %Y-%m-%d %H:%M:%S
        True Wind Speed (kn) := windspeed * 1.943844492440605
        True Wind Direction (deg) := winddir
        Apparent Wind Speed (kn) := ~12
        Apparent Wind Angle (deg) := ~4
        Air Temperature (C) := temperature
        Barometric Pressure (inHg) := pressure * 0.029529983071445
        Latitude := latitude
        Longitude := longitude
        """,
    ),
    Layout(
        "RM Young 81000, 92000",
        """
        Time := time %Y-%m-%d %H:%M:%S
        u_wind (m/s) := wind_east
        v_wind (m/s) := wind_north
        w_wind (m/s) := ~0.1
        Sonic Temp (C) := ~17
        Air Temp (C) := temperature
        """,
    ),
    Layout(
        "Kestrel 5500",
        """
        FORMATTED DATE_TIME := time %Y-%m-%d %H:%M:%S
        Temperature := temperature
        Wet Bulb Temp := ~9
        Relative Humidity := ~40
        Station Pressure := pressure
        Wind Speed := windspeed
        Direction - True := winddir
        Direction - Mag := ~172
        Wind Chill := ~15
        Dew Point := ~6
        """,
    ),
    Layout(
        "Davis Vantage",
        """
        Date & Time := time %Y-%m-%d %H:%M:%S
        Temp - C := temperature
        Hum - % := ~40
        Wind Speed - km/h := windspeed * 3.6
        Wind Direction - deg := winddir
        High Wind Speed - km/h := ~30
        Barometer - hPa := pressure
        """,
    ),
    Layout(
        "Calypso ultrasonic",
        """
        Timestamp := time %Y-%m-%d %H:%M:%S
        Wind speed [m/s] := windspeed
        Wind direction [deg] := winddir
        """,
    ),
    Layout(
        "Vaisala WXT536",
        """
        Date Time := time %Y-%m-%d %H:%M:%S
        Wind direction average (deg) := winddir
        Wind speed average (m/s) := windspeed
        Wind speed maximum (m/s) := ~7
        Air temperature (C) := temperature
        Air pressure (hPa) := pressure
        """,
    ),
    Layout(
        "InterMet iMet-XQ2",
        """
        XQ-iMet-XQ Date := time %Y/%m/%d
        XQ-iMet-XQ Time := time %H:%M:%S
        XQ-iMet-XQ Pressure := pressure * 100 whole
        XQ-iMet-XQ Air Temperature := temperature * 100 whole
        XQ-iMet-XQ Humidity := 412
        XQ-iMet-XQ Latitude := latitude * 1e7 whole
        XQ-iMet-XQ Longitude := longitude * 1e7 whole
        XQ-iMet-XQ Altitude := altitude * 1000 whole
        """,
        note=("whole numbers: Pa, 1/100 degC, 1e-7 degrees, mm", "整数：Pa、1/100 ℃、1e-7 度、mm"),
    ),
    Layout(
        "Wind towards (models, PX4)",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        wind_speed (m/s) := windspeed
        wind_to_direction (degrees) := winddir + 180
        """,
    ),
    Layout(
        "CF names (netCDF to csv)",
        """
        time := time %Y-%m-%d %H:%M:%S
        latitude (degrees_north) := latitude
        longitude (degrees_east) := longitude
        altitude (m) := altitude
        eastward_wind (m s-1) := wind_east
        northward_wind (m s-1) := wind_north
        air_temperature (K) := temperature + 273.15
        air_pressure (Pa) := pressure * 100
        mole_fraction_of_methane (nmol mol-1) := ch4 * 1000
        """,
    ),
    Layout(
        "FT Technologies, drone sonics",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        Apparent Wind Speed (m/s) := apparent_speed
        Apparent Wind Angle (deg) := apparent_direction
        Heading (deg) := heading
        Ground speed (m/s) := ground_speed
        """,
        settings={"wind": {"source": "aircraft"}},
        note=("with `wind: {source: aircraft}`", "需设置 `wind: {source: aircraft}`"),
    ),
    Layout(
        "Metek uSonic, raw axes",
        """
        Time := time %Y-%m-%d %H:%M:%S.%f
        u := ~1
        v := ~2
        w := ~0.1
        T := ~17
        """,
        fault="open_frame",
        note=("say by `columns` where u and v point to", "请在 `columns` 中说明 u、v 的指向"),
    ),
    Layout(
        "Ecowitt, Misol",
        """
        Time := time %Y/%m/%d %H:%M:%S
        Outdoor Temperature(C) := temperature
        Wind(km/h) := windspeed * 3.6
        Gust(km/h) := ~30
        Wind Direction(°) := winddir
        ABS Pressure(hPa) := pressure
        REL Pressure(hPa) := ~1015
        Indoor Temperature(C) := ~24
        """,
    ),
    Layout(
        "Campbell TOA5, four head rows",
        """
        TIMESTAMP := time %Y-%m-%d %H:%M:%S
        RECORD := 7
        Latitude := latitude
        Longitude := longitude
        HeightAGL := height_agl
        WS := windspeed
        WD := winddir
        AirTemp := temperature
        Pressure := pressure
        CH4 := ch4 * 1000
        """,
        preamble='"TOA5","CR1000X","CR1000X","1234","CR1000X.Std.05.02","CPU:uav.CR1X","4321","Fast"\n',
        below="TS,RN,decimal degrees,decimal degrees,m,m/s,Deg,Deg C,hPa,ppb\n,,Smp,Smp,Smp,Avg,Smp,Smp,Smp,Smp\n",
    ),
    Layout(
        "LI-COR LI-7810 .data",
        """
        DATAH := DATA
        SECONDS := whole seconds
        NANOSECONDS := 64000000
        NDX := 7
        DIAG := 0
        REMARK := nan
        DATE := time %Y-%m-%d
        TIME := time %H:%M:%S
        H2O := ~9000
        CO2 := co2
        CH4 := ch4 * 1000
        """,
        "\t",
        preamble="Model:\tLI-7810\nSN:\tTG10-01234\nTimezone:\tEtc/UTC\n",
        below="DATAU\tsecs\tnsecs\tindex\tdiag\tremark\tdate\ttime\tppm\tppm\tppb\n",
    ),
    Layout(
        "ICARTT FFI 1001",
        """
        Time_Start := seconds of the day
        Latitude := latitude
        Longitude := longitude
        Altitude_AGL := height_agl
        Wind_Speed := windspeed
        Wind_Direction := winddir
        Static_Pressure := pressure
        Static_Air_Temp := temperature
        CH4_ppb := ch4 * 1000
        """,
        preamble=ICARTT_HEAD,
        note=("scales, missing codes and limits of detection from the head", "比例因子、缺测码和检出限代码取自文件头"),
    ),
    # Chinese
    Layout(
        "走航监测车 (monitoring van)",
        """
        监测时间 := time %Y-%m-%d %H:%M:%S
        纬度(N) := latitude
        经度(E) := longitude
        海拔高度(m) := altitude
        瞬时风速(m/s) := windspeed
        瞬时风向(°) := winddir
        环境温度(℃) := temperature
        大气压力(hPa) := pressure
        甲烷CH4(ppm) := ch4
        非甲烷总烃(ppm) := ~0.2
        """,
        encoding="gb18030",
    ),
    Layout(
        "气象记录仪 (weather logger)",
        """
        记录时间 := time %Y-%m-%d %H:%M:%S
        2分钟平均风速(m/s) := windspeed
        2分钟平均风向角(度) := winddir
        最大风速(m/s) := ~7
        空气温度(℃) := temperature
        本站气压(hPa) := pressure
        相对湿度(%) := ~40
        """,
    ),
    Layout(
        "氣象站 (Big5)",
        """
        時間 := time %Y-%m-%d %H:%M:%S
        風速(m/s) := windspeed
        風向(度) := winddir
        氣溫(°C) := temperature
        氣壓(hPa) := pressure
        緯度 := latitude
        經度 := longitude
        甲烷濃度(ppm) := ch4
        """,
    ),
    Layout(
        "GasFlux, column names of the contract",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        latitude := latitude
        longitude := longitude
        height_ato := height_ato
        windspeed := windspeed
        winddir := winddir
        temperature := temperature
        pressure := pressure
        ch4 := ch4
        """,
    ),
    Layout(
        "Site tags and statistics",
        """
        timestamp := time %Y-%m-%d %H:%M:%S.%f
        CH4_dry_ppb_NPL := ch4 * 1000
        CH4_dry_ppb_NPL_se := ~1
        CH4_min := ~1.9
        CH4_max := ~2.5
        CH4_QC := 0
        """,
    ),
)


NAMES_ZH = {
    "latitude": "纬度",
    "longitude": "经度",
    "height_ato": "相对起飞点高度",
    "height_agl": "离地高度",
    "altitude": "海拔",
    "windspeed": "风速",
    "winddir": "风向",
    "wind_east": "东向风",
    "wind_north": "北向风",
    "temperature": "气温",
    "pressure": "气压",
    "apparent_speed": "视风速",
    "apparent_direction": "视风向",
    "heading": "航向",
    "ground_speed": "地速",
}
"""Columns of the flight in the Chinese table."""

_ADDED = (
    (("latitude", "longitude"), "position", "位置"),
    (("height",), "height", "高度"),
    (("windspeed",), "wind", "风"),
    (("winddir",), "wind direction", "风向"),
    (("temperature",), "temperature*", "气温*"),
    (("pressure",), "pressure*", "气压*"),
    (("gas",), "gas", "气体"),
)


def table_row(layout: Layout, is_chinese: bool) -> str:
    """Return the row of docs/INSTRUMENTS.md for a layout: instrument, columns read, what must be added, remark."""
    names = NAMES_ZH if is_chinese else {}
    read = ", ".join(f"{names.get(name, name)} `{header}`" for name, header in layout.held.items())
    lacks = [zh if is_chinese else en for keys, en, zh in _ADDED if set(keys) <= set(layout.lacks)]
    if "wind" in lacks or "风" in lacks:
        lacks = [name for name in lacks if name not in ("wind direction", "风向")]
    comma = "、" if is_chinese else ", "
    read = read.replace(", ", comma) if is_chinese else read
    nothing = "无" if is_chinese else "nothing"
    refused = "拒绝" if is_chinese else "refused"
    cells = (layout.name, read or nothing, refused if layout.fault else comma.join(lacks) or nothing)
    return f"| {' | '.join((*cells, layout.note[is_chinese]))} |"


def main() -> None:
    """Print the rows of the table: ``python tests/instrument_layouts.py [zh]``."""
    for layout in LAYOUTS:
        sys.stdout.write(table_row(layout, sys.argv[1:] == ["zh"]) + "\n")


if __name__ == "__main__":
    main()
