import argparse
from typing import Any, Dict, Iterable, List, Optional

class SpecificArgument(object):
    args: List[str]
    kwargs: Dict[str, Any]
    def __init__(self, shorter: Optional[str] = ..., longer: Optional[str] = ..., **kwargs: Any) -> None: ...

class HostDiscoveryPluginBase(object):
    arguments: Iterable[SpecificArgument]
    def get_hosts(self, args: argparse.Namespace) -> Iterable[str]: ...
