# SPDX-License-Identifier: MIT
"""Reads what a Python package offers from its source files, without importing it.

For scripts/make_api_reference.py: needs no TensorFlow, and signatures are those that were written.
"""

import ast
import dataclasses
import re


@dataclasses.dataclass
class Parameter:
    """As it was written; annotation and default are "" where there is none."""
    name: str  # "" for the bare * before keyword-only ones
    annotation: str = ""
    default: str = ""
    prefix: str = ""  # *, **


class Definition:
    """A function, method or class."""

    def __init__(self, node, source, is_method=False):
        self.node = node
        self.name = node.name
        self.is_class = isinstance(node, ast.ClassDef)
        self.constructor = None  # the Definition of a class's __init__, its own or inherited
        self.parents = []  # the Definitions of a class's base classes in the package
        self.doc = ast.get_docstring(node) or ""
        self._source = source
        self.decorators = [self._text(decorator) for decorator in node.decorator_list]
        self._has_self = is_method and "staticmethod" not in self.decorators

    def _text(self, node):
        return " ".join(ast.get_source_segment(self._source, node).split()) if node else ""

    @property
    def bases(self):
        return [self._text(base) for base in self.node.bases]

    @property
    def returns(self):
        """The annotation of the result; "" if there is none, and for classes."""
        return "" if self.is_class else self._text(self.node.returns)

    @property
    def is_dataclass(self):
        return any(decorator.split("(")[0] in ("dataclass", "dataclasses.dataclass")
                   for decorator in self.decorators)

    @property
    def is_property(self):
        return any(decorator.split(".")[-1] in ("property", "cached_property")
                   for decorator in self.decorators)

    def parameters(self):
        """Those of a call, without self."""
        if self.is_class and self.is_dataclass:
            return [Parameter(item.target.id, self._text(item.annotation), self._text(item.value))
                    for item in self.node.body
                    if isinstance(item, ast.AnnAssign) and not item.target.id.startswith("_")]
        if self.is_class:
            return self.constructor.parameters() if self.constructor else []
        arguments = self.node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(plain) - len(arguments.defaults)) + arguments.defaults
        found = [self._parameter(*pair) for pair in zip(plain, defaults)][int(self._has_self):]
        if arguments.vararg:
            found.append(self._parameter(arguments.vararg, None, "*"))
        elif arguments.kwonlyargs:
            found.append(Parameter("", prefix="*"))
        found += [self._parameter(*pair)
                  for pair in zip(arguments.kwonlyargs, arguments.kw_defaults)]
        if arguments.kwarg:
            found.append(self._parameter(arguments.kwarg, None, "**"))
        return found

    def _parameter(self, argument, default, prefix=""):
        return Parameter(argument.arg, self._text(argument.annotation), self._text(default), prefix)

    def types(self):
        """The text of all annotations and base classes."""
        return " ".join([self.returns, *(self.bases if self.is_class else ()),
                         *(parameter.annotation for parameter in self.parameters())])

    def methods(self):
        """Those of a class whose names have no underscore; of a property the getter."""
        found = {}
        for item in self.node.body:
            if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
                found.setdefault(item.name, Definition(item, self._source, is_method=True))
        return list(found.values())

    def family(self):
        """A class and its base classes in the package, nearest first."""
        return [self, *(member for parent in self.parents for member in parent.family())]

    def own_constructor(self):
        for item in self.node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                return Definition(item, self._source, is_method=True)
        return None


class Module:
    """One source file."""

    def __init__(self, name, path):
        self.name = name
        self.path = path
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        self.doc = ast.get_docstring(tree) or ""
        self.literals = {}  # NAME = a literal
        self.definitions = {}
        self.imports = {}  # name here -> (module, name there)
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._read_literal(node)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                self.definitions[node.name] = Definition(node, source)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (node.module, alias.name)

    def _read_literal(self, node):
        try:
            self.literals[node.targets[0].id] = ast.literal_eval(node.value)
        except ValueError:
            pass

    @property
    def is_package(self):
        return self.path.name == "__init__.py"

    def lazy(self):
        """Name -> module of what the module's __getattr__ imports when it is first used."""
        return self.literals.get("_MODULES", {})

    def exported(self):
        """The names that others are meant to use, in their order."""
        names = self.literals.get("__all__")
        if names is None:
            names = [*self.lazy(), *self.definitions]
        return [name for name in names if not name.startswith("_")]


class Package:
    """A package, by its folder."""

    def __init__(self, folder):
        self.root = folder.name
        self.modules = {}
        for path in sorted(folder.rglob("*.py")):
            parts = [self.root, *path.relative_to(folder).with_suffix("").parts]
            if parts[-1] == "__init__":
                parts.pop()
            self.modules[".".join(parts)] = Module(".".join(parts), path)

    def public_modules(self):
        """The package, its submodules by name, its packages, and the homes of what it offers."""
        root = self.modules[self.root]
        submodules = [f"{self.root}.{name}" for name in root.literals.get("_SUBMODULES", ())]
        packages = [name for name, module in self.modules.items()
                    if module.is_package and name.count(".") == 1]
        names = {self.root, *submodules, *packages, *root.lazy().values()}
        return sorted(name for name in names if not is_private(name))

    def resolve(self, module, name):
        """The definition that a module offers under a name; None for what is not one."""
        here = self.modules.get(module)
        if here is None:
            return None
        if name in here.definitions:
            found = here.definitions[name]
            if found.is_class:
                found.parents = self._parents(here, found)
                found.constructor = found.own_constructor() or next(
                    (parent.constructor for parent in found.parents if parent.constructor), None)
            return found
        if name in here.lazy():
            return self.resolve(here.lazy()[name], name)
        return self.resolve(*here.imports[name]) if name in here.imports else None

    def _parents(self, here, found):
        parents = []
        for base in found.bases:
            prefix, _, name = base.rpartition(".")
            if prefix in here.imports:  # from axlut.keras import quantizers; quantizers.Quantizer
                prefix = ".".join(here.imports[prefix])
            parents.append(self.resolve(prefix or here.name, name))
        return [parent for parent in parents if parent and parent.is_class]

    def offers(self, module):
        """What the page of a public module documents, name -> Definition.

        What the package itself offers is documented where it is defined, if that is public as well;
        of that module, then, also the classes that those functions take and give.
        """
        here = self.modules[module]
        root = self.modules[self.root]
        if module == self.root:
            names = [name for name in here.exported()
                     if is_private(here.lazy().get(name, self.root + "._"))]
        elif here.is_package or module.rpartition(".")[2] in root.literals.get("_SUBMODULES", ()):
            names = here.exported()
        else:
            names = self._with_types(here, [name for name, home in root.lazy().items()
                                            if home == module])
        found = {name: self.resolve(module, name) for name in names}
        return {name: definition for name, definition in found.items() if definition}

    def _with_types(self, here, names):
        """The names, in the order of the file, and those of classes in their signatures."""
        names, words = set(names), None
        while words is None or words - names:
            names |= words or set()
            text = " ".join(here.definitions[name].types() for name in names
                            if name in here.definitions)
            words = {word for word in re.findall(r"\w+", text) if word in here.definitions}
        return [name for name in here.definitions if name in names and not name.startswith("_")]


def is_private(module):
    return any(part.startswith("_") for part in module.split("."))
