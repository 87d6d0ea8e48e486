# SPDX-License-Identifier: MIT
"""Docstrings of the project's form: text, then Args:, Returns:, Yields:, Raises: sections."""

import re

SECTIONS = {"Args": "Arguments", "Attributes": "Attributes", "Returns": "Returns",
            "Yields": "Yields", "Raises": "Raises"}
_WITH_NAMES = ("Args", "Attributes", "Raises")
_NAME = r"\*{0,2}\w[\w.]*(?: \(\w+\))?(?: \.\. \w+)?"  # "name", "new_name (old_name)", "first .. last"
_NAMES = re.compile(rf"^({_NAME}(?:, {_NAME})*):(?: |$)(.*)")
_NAMES_GO_ON = re.compile(rf"^{_NAME}(?:, {_NAME})*,$")


class Docstring:
    """text: what is before and behind the sections; sections: name -> its lines, unindented."""

    def __init__(self, doc):
        text, self.sections, section = [], {}, None
        for line in doc.splitlines():
            heading = re.fullmatch(r"(\w+):", line)
            if heading and heading[1] in SECTIONS:
                section = self.sections.setdefault(heading[1], [])
            elif section is not None and (line.startswith("  ") or not line):
                section.append(line[2:])
            else:
                section = None
                text.append(line)
        self.text = "\n".join(text).strip()

    def entries(self, section):
        """[(names, text)] of a section like Args, its continued lines joined."""
        found, begun = [], ""
        for line in self.sections.get(section, []):
            if _NAMES_GO_ON.match(line):  # a, b,
                begun += line + " "
                continue
            match = _NAMES.match(begun + line)
            begun = ""
            if match:
                found.append((match[1].split(", "), match[2]))
            elif found and line.strip():
                found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}".strip())
        return found

    def names(self, section):
        """The names that a section explains, without the stars of *args."""
        return {word for names, _ in self.entries(section) for name in names
                for word in re.findall(r"\w+", name)}

    def markdown(self):
        parts = [paragraphs(self.text)]
        for section, lines in self.sections.items():
            if section in _WITH_NAMES:
                entries = (f"- {', '.join(f'`{name}`' for name in names)}: {escaped(text)}"
                           for names, text in self.entries(section))
                body = "\n\n" + "\n".join(entries)
            else:
                body = " " + escaped(" ".join(line.strip() for line in lines).strip())
            parts.append(f"**{SECTIONS[section]}**{body}")
        return "\n\n".join(part for part in parts if part)


def paragraphs(text):
    """Markdown; what is indented, or aligned in columns, is kept as it is."""
    parts = []
    for block in re.split(r"\n\s*\n", text):
        lines = block.splitlines()
        if any(re.search(r"\S {2,}\S", line) for line in lines) or \
                lines and all(line.startswith("  ") for line in lines):
            parts.append("```text\n" + "\n".join(lines) + "\n```")
        else:
            parts.append(escaped("\n".join(lines)))
    return "\n\n".join(parts)


def escaped(text):
    """Outside of `code`, what Markdown would take for emphasis or HTML."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*<])", r"\\\1", part)
                   for part in parts)
