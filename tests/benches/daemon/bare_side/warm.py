# The limit for modules: a warm interpreter that forks, and nothing around it.
# For each line on its standard input a child imports the module that the line
# names, runs it and sends the result over a pipe; the parent passes it on when
# the child has ended.
import gc
import json
import os
import sys
import types


class Result(object):
    def __init__(self):
        self.result = {'status': None, 'messages': {'info': [], 'warn': [], 'error': []}}

    def set_status(self, status):
        self.result['status'] = status

    def add_info(self, text):
        self.result['messages']['info'].append(text)


class BasePlugin(object):
    def __init__(self, plugin):
        self.plugin = plugin
        self.result = Result()


for name in ('smoker', 'smoker.server', 'smoker.server.plugins'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['smoker.server.plugins'].BasePlugin = BasePlugin
sys.path.insert(0, sys.argv[1])
gc.collect()
if hasattr(gc, 'freeze'):
    gc.freeze()
print(os.getpid(), flush=True)

while True:
    line = sys.stdin.readline()
    if not line:
        break
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        module = __import__(line.strip())
        plugin = module.Plugin(None)
        plugin.run()
        os.write(writer, json.dumps(plugin.result.result).encode('utf-8'))
        os._exit(0)
    os.close(writer)
    parts = []
    while True:
        part = os.read(reader, 65536)
        if not part:
            break
        parts.append(part)
    os.close(reader)
    os.waitpid(pid, 0)
    print(b''.join(parts).decode('utf-8'), flush=True)
