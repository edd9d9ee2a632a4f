//! The stubs that editors read say what the sources say.

use smoker_model::messages::Level;

use crate::fixture::{Modules, infos, texts};

/// Compares each stub with the source beside it: public classes, functions and methods, their arguments, which of them
/// have defaults, and that every argument has a type.
const BODY: &str = r"
import ast

def read(path):
    with open(path) as file:
        return ast.parse(file.read(), path).body

def names(body):
    found = set()
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign):
            found.add(node.target.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((alias.asname or alias.name).partition('.')[0] for alias in node.names)
    return set(name for name in found if not name.startswith('_'))

def functions(body, prefix=''):
    found = {}
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith('_'):
            found.update(functions(node.body, node.name + '.'))
        if isinstance(node, ast.FunctionDef) and (not node.name.startswith('_') or node.name == '__init__'):
            found[prefix + node.name] = node
    return found

def shape(function):
    arguments = function.args
    star = [one and one.arg for one in (arguments.vararg, arguments.kwarg)]
    return [one.arg for one in arguments.args], len(arguments.defaults), star

for path in STUBS:
    stub, source = read(path), read(path[:-1])
    short = path.partition('python/smoker/')[2]
    theirs, ours = functions(source), functions(stub)
    if sorted(theirs) != sorted(ours):
        self.result.add_error('%s: other functions: %s' % (short, sorted(set(theirs) ^ set(ours))))
    for name in set(theirs) & set(ours):
        if shape(theirs[name]) != shape(ours[name]):
            self.result.add_error('%s: %s has other arguments' % (short, name))
        untyped = [one.arg for one in ours[name].args.args if one.annotation is None and one.arg != 'self']
        if untyped or ours[name].returns is None:
            self.result.add_error('%s: %s is not typed' % (short, name))
    defined = set(node.name for node in source if isinstance(node, (ast.ClassDef, ast.FunctionDef)))
    wanted = set(name for name in defined if not name.startswith('_'))
    if short.endswith('__init__.pyi') and 'server' in short:
        import smoker.server.plugins
        wanted = set(smoker.server.plugins.__all__) - set(['object', 'str', 'setproctitle'])
    if wanted - names(stub):
        self.result.add_error('%s lacks %s' % (short, sorted(wanted - names(stub))))
self.result.add_info('%d stubs' % len(STUBS))
";

#[test]
fn stubs_say_what_the_sources_say() {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
    let stubs = format!(
        "STUBS = sorted(os.path.join(folder, file) for folder, _, files in os.walk({python:?}) for file in files if \
         file.endswith('.pyi'))"
    );
    let result = Modules::new().run_body("stubs", &format!("{stubs}\n{BODY}"));
    assert_eq!(texts(&result, Level::Error), [""; 0]);
    assert_eq!(infos(&result), ["7 stubs"]);
}
