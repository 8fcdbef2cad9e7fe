@echo off
rem Build dist\GasFluxAPI.exe (server) and dist\gasflux.exe (command line). Needs Python 3.11 or newer only;
rem every package is checked against its hash.
rem set PYTHON=C:\path\python.exe  chooses the Python.
setlocal
cd /d "%~dp0"
if "%PYTHON%"=="" set PYTHON=py -3
if exist .venv\Scripts\python.exe goto install
%PYTHON% -m venv .venv
if not "%ERRORLEVEL%"=="0" goto failed
:install
.venv\Scripts\python.exe -m tools.install --exe
if not "%ERRORLEVEL%"=="0" goto failed
.venv\Scripts\python.exe -m tools.build_exe %*
if not "%ERRORLEVEL%"=="0" goto failed
exit /b 0
:failed
echo build_exe: the build failed; see the message above. 1>&2
exit /b 1
