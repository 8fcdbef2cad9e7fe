"""What columns are called, in English and in Chinese letters of both kinds, and what each of them measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gasflux.reading.units import Dimension

ALIASES: Final[Mapping[str, str]] = {
    "timestamp": (
        "時間 日期時間 記錄時間 測量時間 採樣時間 採樣點時間 監測時間 时刻 時刻 gps时间 gps時間 timestamputc"
        " utctimestamp"
        " datetimeutc utcdatetime timeutc utctime utc utc时间 timestampgmt datetimegmt timegmt"
        " timestamp datetime dateandtime 采样点时间 采样时间 日期时间 时间戳 测量时间 记录时间 时间 time systime"
        " systemtime gpstime gpsdatetime sampletime timehhmmss utchhmmss"
        " timestart starttime timestartutc utcstart startutc timemid midutc fractionofday dayfraction timefractionofday"
        " yearmonthdayhourminutesecond"
        " hhmmss hhmmssss utctimehhmmss utctimehhmmssss timehhmmssss utchhmmssss gpstimehhmmss timeutchhmmss"
        " datenum datenumber matlabdatenum matlabtime serialdate exceldate exceltime excelserial serialdatenumber"
    ),
    "local_time": (
        "localtime timelocal updatetimelocal datetimelocal timestamplocal localdatetime local 本地时间 当地时间"
        " 北京时间"
    ),
    "date": (
        "dateutc utcdate date datelocal localdate gpsdate ddmmyy yymmdd mmddyy yyyymmdd ddmmyyyy"
        " dateyymmdd dateddmmyy datemmddyy dateyyyymmdd 日期 采样日期"
    ),
    "epoch": "epochtime epoch unixtime unixtimestamp unix posixtime epochseconds unixepoch timestampunix",
    "elapsed": (
        "elapsed elapsedtime timeelapsed flytime flighttime timesincestart timesincetakeoff runtime uptime timeboot"
        " timebootms osdflytime 飞行时间 累计时间 运行时间 经过时间"
    ),
    "seconds": "seconds stampsecs headerstampsecs stampsec headerstampsec",
    "nanoseconds": (
        "nanoseconds nanosecs nanosec nsecs nsec stampnsecs headerstampnsecs stampnanosec headerstampnanosec"
    ),
    "utc_seconds": (
        "utcs utcseconds secondsofday utcsecondsofday sod secondsinday secofday secondssincemidnight secssincemidnight"
        " secondsaftermidnight secssm secondssincemidnightutc"
    ),
    "day_of_year": (
        "dayofyear doy yearday yday ordinalday decimaldayofyear fractionaldayofyear decimaldoy fractionaldoy decimalday"
        " fractionalday julianday jday julian jd juliandate doyutc dayofyearutc 年积日 年積日"
    ),
    "gps_week": "gpsweek gpsweekno gpsweeknumber gpswk gwk weeknumber weekno week gps周 gps週",
    "gps_time_of_week": (
        "gpstimeofweek timeofweek gpstow tow itow gpsitow gpssecondsofweek secondsofweek secondofweek gpssow sow"
        " gpssecofweek gpsseconds gpssec gpssecond gpsmilliseconds gpsms gms weekseconds 周内秒 週內秒"
    ),
    "year": "year yyyy yr yyear 年",
    "month": "month mon 月",
    "day": "day dayofmonth dom 日",
    "hour": "hour hours hr hrs hh hourutc utchour 时 小时 時",
    "minute": "minute minutes min mins minuteutc 分 分钟 分鐘",
    "second": "second sec secs ss secondutc 秒",
    "latitude": (
        "latitude lat gpslatitude gpslat gpsabslat latitudegps latgps latitudewgs84 latituden latitudes latn"
        " lats 纬度 緯度"
        " gps纬度 gps緯度 北纬"
    ),
    "longitude": (
        "longitude lon lng long gpslongitude gpslon gpslng gpslong gpsabslong gpsabslon longitudegps longps lngps"
        " longitudewgs84 longitudee longitudew lonw lone 经度 經度 gps经度 gps經度 东经"
    ),
    "height_ato": (
        "heightato ato heightabovetakeoff heightabovetakeoffpoint altitudeabovetakeoff relativeheight relativealtitude"
        " relheight relalt altituderelative heightrelative relativealt heightabovehome altitudeabovehome altituderel"
        " heightrel 相对高度 相對高度 相对起飞点高度 飞行高度 飛行高度 离起飞点高度 height 高度"
    ),
    "height_agl": (
        "heightagl agl altitudeagl heightaboveground heightabovegroundlevel altitudeaboveground"
        " heightabovegroundatdronelocation altaltitude laseraltitude lidaraltitude radaraltitude terrainaltitude"
        " rangefinder 离地高度 離地高度 对地高度 對地高度 距地高度"
    ),
    "altitude": (
        "altitude alt altitudemsl altmsl altitudeasl altitudeabovesealevel altitudegps altgps gpsaltitude gpsalt"
        " gpsabsalt gpsabsaltitude absolutealtitude msl elevation amsl altamsl altitudeamsl heightmsl heightasl"
        " heightabovesealevel gpsheight heightgps"
        " altitudeabovemeansealevel 海拔 海拔高度 海拔高 绝对高度 絕對高度 gps高度"
    ),
    "windspeed": (
        "windspeed windspd windspeedhorizontal horizontalwindspeed windspeed2d windspeed3d windvelocity ws wspd wspeed"
        " windspeedmean wndspd windsp windspeedtrue truewindspeed tws wsavg windvel ff ws2d wspd2d windspd2d"
        " speedwind speedofwind 风速 風速 水平风速 水平風速"
    ),
    "winddir": (
        "winddir winddirection windfrom windfromdirection windanglemet windangle winddirmet winddirectiontrue wdir wd"
        " wnddir windirection winddirn winddirectionfrom winddirfrom windbearing truewinddirection truewinddir twd"
        " winddegrees winddeg windazimuth windorientation windvectordirection"
        " dd windd wdd directionofwind directionwind dirwind winddirfromnorth winddirectionfromnorth"
        " truedir truedirection directiontrue 风向 風向 风向角 風向角 风向角度 風向角度"
    ),
    "wind_north": (
        "windn windnorth windnorthward northwardwind windv vwind vwnd northwind windspeednorth windvelocitynorth vwn"
        " windnorthing windvelnorth windnorthvelocity windvms windvcomponent vwindcomponent"
        " vcomponentofwind v10 10v vnorth windveln windspeedn windvnorth northwindcomponent meridionalwind windspeedv"
        " windnms"
    ),
    "wind_east": (
        "winde windeast windeastward eastwardwind windu uwind uwnd eastwind windspeedeast windvelocityeast vwe"
        " windeasting windveleast windeastvelocity windums winducomponent uwindcomponent ucomponentofwind u10 10u"
        " windueast ueast windvele windspeede"
        " eastwindcomponent zonalwind windspeedu windems"
    ),
    "apparent_speed": (
        "apparentspeed apparentwindspeed relativewindspeed relwindspeed windspeedrelative windspeedapparent aws"
        " rws apparentwind"
        " airspeed trueairspeed tas indicatedairspeed ias windspeedrel relwspd wspdrel 相对风速 相對風速 视风速 空速"
    ),
    "apparent_direction": (
        "apparentdirection apparentwinddirection apparentwindangle relativewinddirection relativewindangle"
        " relwinddir winddirectionrelative"
        " winddirrelative winddirrel awa awd rwd rwa airdirection winddirectionapparent windangleapparent"
        " windanglerelative relwdir wdirrel 相对风向 相對風向 视风向"
    ),
    "temperature": (
        "temperature airtemperature temperatureair airtemp tempair tair ambienttemperature temperatureambient"
        " ambienttemp ambtemp tamb temp outsidetemperature outsideairtemperature oat airtc airt tempc"
        " drybulbtemperature"
        " drybulb staticairtemp staticairtemperature airtemperatureambient ta outdoortemperature outdoortemp"
        " 温度 溫度 气温 氣溫 环境温度 環境溫度"
        " 空气温度"
        " 空氣溫度 大气温度 大氣溫度 环境气温 外界温度 室外温度"
    ),
    "pressure": (
        "pressure airpressure pressureair ambientpressure pressureambient atmosphericpressure barometricpressure"
        " ambp pamb pair baro barometer press staticpressure bp barompress baropress barometricpress atmpress"
        " atmpressure"
        " atmospherepressure stationpressure airpress barpress absolutepressure abspressure patm"
        " pressureatmospheric pressurebaro"
        " 气压 氣壓 大气压 大氣壓 大气压力 大氣壓力 大气压强 环境气压 環境氣壓 环境压力 压力 壓力 压强 壓強 本站气压"
    ),
    "aircraft_u": "aircraftu windx uaircraft ubody bodyu anemometeru uanemometer u um ux uaxis",
    "aircraft_v": "aircraftv windy vaircraft vbody bodyv anemometerv vanemometer v vm uy vaxis",
    "heading": "heading compassheading yaw aircraftheading trueheading 航向 航向角 机头朝向",
    "course": "course courseoverground cog track trackangle groundtrack 航迹角",
    "ground_speed": "groundspeed speedoverground sog gpsspeed gpsgroundspeed speed 地速 飞行速度",
}
"""Canonical name -> its spellings, the preferred first. Where two columns mean the same, the earlier spelling wins."""

DIMENSIONS: Final[Mapping[str, Dimension]] = {
    "timestamp": Dimension.TIME,
    "epoch": Dimension.TIME,
    "elapsed": Dimension.TIME,
    "hour": Dimension.TIME,
    "utc_seconds": Dimension.TIME,
    "gps_time_of_week": Dimension.TIME,
    "latitude": Dimension.ANGLE,
    "longitude": Dimension.ANGLE,
    "height_ato": Dimension.LENGTH,
    "height_agl": Dimension.LENGTH,
    "altitude": Dimension.LENGTH,
    "windspeed": Dimension.SPEED,
    "winddir": Dimension.ANGLE,
    "wind_north": Dimension.SPEED,
    "wind_east": Dimension.SPEED,
    "temperature": Dimension.TEMPERATURE,
    "pressure": Dimension.PRESSURE,
    "apparent_speed": Dimension.SPEED,
    "apparent_direction": Dimension.ANGLE,
    "aircraft_u": Dimension.SPEED,
    "aircraft_v": Dimension.SPEED,
    "heading": Dimension.ANGLE,
    "course": Dimension.ANGLE,
    "ground_speed": Dimension.SPEED,
}
"""Canonical names that carry a unit. A gas is a mole fraction."""

INSTRUMENT_KEYS: Final[Mapping[str, str]] = {
    "gasp": "pressure",
    "p": "pressure",
    "cellpressure": "pressure",
    "cavitypressure": "pressure",
    "gaspressure": "pressure",
    "gast": "temperature",
    "t": "temperature",
    "t0": "temperature",
    "t5": "temperature",
    "celltemp": "temperature",
    "celltemperature": "temperature",
    "cavitytemp": "temperature",
    "cavitytemperature": "temperature",
    "gastemperature": "temperature",
}
"""Conditions inside an analyser: never those of the air, but worth naming when the column of the air is missing."""

DOUBTFUL_KEYS: Final[Mapping[str, str]] = {
    "ambt": "temperature",
    "ambtdegc": "temperature",
    "tsonic": "temperature",
    "sonict": "temperature",
}
"""Perhaps of the air: LGR's AmbT_C is probably inside the analyser, a sonic temperature is the virtual one."""
