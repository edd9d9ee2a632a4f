from typing import Any, Dict, List, Optional, Tuple, Union

from smoker.server.plugins.result import Result
from smoker.server.plugins.worker import PluginWorker

DEFAULT_TIMEOUT: int

class BasePlugin(object):
    plugin: PluginWorker
    result: Result
    args: Dict[str, Any]
    def __init__(self, plugin: PluginWorker, **kwargs: Any) -> None: ...
    def run(self) -> Optional[Result]: ...
    def get_result(self) -> Dict[str, Any]: ...
    def execute(self, command: Union[str, List[str]], **kwargs: Any) -> Tuple[str, str, int]: ...
