import logging
import signal
import subprocess
from typing import Any, Dict, List, Optional, Tuple, Union

from smoker.util.processes import Process

lg: logging.Logger
LONGEST: int

class ExecutionTimeout(Exception): ...
class ThreadDeadlock(Exception): ...

class Command(object):
    command: Union[str, List[str]]
    kwargs: Dict[str, Any]
    process: Optional[subprocess.Popen[Any]]
    stdout: Optional[str]
    stderr: Optional[str]
    returncode: Optional[int]
    def __init__(self, command: Union[str, List[str]], **kwargs: Any) -> None: ...
    def run(
        self, timeout: Optional[float] = ..., timeout_sigterm: float = ..., timeout_sigkill: float = ...,
        input: Optional[Union[str, bytes]] = ..., **kwargs: Any) -> Tuple[str, str, int]: ...
    execute = run

def execute(
    command: Union[str, List[str]], timeout: Optional[float] = ..., input: Optional[Union[str, bytes]] = ...,
    **kwargs: Any) -> Tuple[str, str, int]: ...
def get_ptree(process: Any) -> List[Process]: ...
def signal_ptree(pid: int, signal: int = ...) -> None: ...
