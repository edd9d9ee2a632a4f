from typing import Any, Dict, Optional

from smoker.server.plugins.result import Result as Result

class BaseParser(object):
    stdout: str
    stderr: str
    result: Result
    exit_status: Optional[int]
    def __init__(self, stdout: str, stderr: str) -> None: ...
    def parse(self) -> Result: ...
    def get_result(self) -> Dict[str, Any]: ...
