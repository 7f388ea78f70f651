#!/usr/bin/env python3
"""house_rules.py FOLDER: checks what a reader may rely on in every source file."""

import pathlib
import re
import sys

# Bottom up: a layer may include itself and the layers before it.
LAYERS = ['core', 'schedules', 'optim', 'models', 'apps']
# Bottom up inside a layer. '.' stands for the files outside of any shelf, a name with a dot for one of them.
SHELVES = {
    'core': ['variant.h', 'dual.h', 'scalar.h', 'kernels', '.', 'ops', 'check_gradients.h', 'check_gradients.cpp'],
    'schedules': ['.', 'text', 'pictures'],
    'models': ['files', 'losses', 'data', 'layers', 'training', 'sequential', 'callbacks', 'derivatives', 'theory', '.'],
    'apps/gradus': ['terminal', 'pictures', 'problem', 'training', 'page', 'commands', '.'],
}
MOST_LINES = 400
MOST_FUNCTION_LINES = 40
MOST_README_LINES = 200
MAY_DEFINE = {'core/variant.h', 'core/kernels/kernels.h'}
MAY_PRINT = {'models/training/progress.cpp'}  # the one sink for the progress of fit()
# Each of these draws Braille or box characters on a terminal that has them, and ASCII elsewhere.
MAY_DRAW = {'schedules/pictures/plot.cpp', 'models/training/progress.cpp', 'apps/gradus/terminal/terminal.cpp'}
PRINTS = re.compile(r'std::cout|std::cerr|std::clog|\bstdout\b|\bstderr\b|(?<!\w)(?:printf|puts|putchar|abort)\(')
# Comments, literals and preprocessor lines; group 1 is the quote of a literal.
TOKENS = re.compile(r'''//[^\n]*|/\*.*?\*/|^[ ]*\#(?:[^\n]|\\\n)*|R"(?P<end>\w*)\(.*?\)(?P=end)"|"(?:[^"\\\n]|\\.)*"|'''
                    r"""(?<!\w)'(?:[^'\\\n]|\\.)+'""", re.DOTALL | re.MULTILINE | re.VERBOSE)
BRACES = re.compile(r'[{};]')
faults = []


def fault(file, line, text):
    faults.append(f'  {file}:{line}: {text}')


def blank(token):
    """As many lines, and nothing to read: `""` for a literal, nothing for a comment."""
    text = token.group()
    return ('""' if text[0] in '"R\'' else '') + '\n' * text.count('\n')


def functions(code):
    """(line, lines) of each function's definition, from its signature to its last brace."""
    stack, head, inside = [], 0, 0
    for match in BRACES.finditer(code):
        sign, at = match.group(), match.start()
        if sign == '{':
            text = code[head:at]
            # A brace that initialises stays a part of its statement: `x_{1}`, `= {1, 2}`, `({1, 2})`.
            value = re.search(r'[\w>=(,{]\s*$', text) and (not text.endswith(' ') or text.rstrip()[-1:] in '=(,')
            scope = re.search(r'\b(?:namespace|class|struct|union|enum)\b[^()]*$', text)
            kind = 'value' if value and not scope else 'function' if ')' in text and not scope and not inside else 'scope'
            text = re.sub(r'^(?:\s*(?:public|private|protected):)*\s*', '', text)
            stack.append((kind, at - len(text)))
            inside += kind == 'function'
        elif sign == '}' and stack:
            kind, start = stack.pop()
            if kind == 'function':
                inside -= 1
                yield code.count('\n', 0, start) + 1, code.count('\n', start, at) + 1
            if kind == 'value':
                continue
        if not (stack and stack[-1][0] == 'value'):
            head = at + 1


def place(file):
    """(layer or program with shelves, how far up the file stands in it)"""
    parts = file.split('/')
    top = 'apps/gradus' if file.startswith('apps/gradus/') else parts[0]
    order = SHELVES.get(top)
    if order is None:
        return top, '', 0
    rest = parts[top.count('/') + 1:]
    shelf = rest[0] if len(rest) > 1 or rest[0] in order else '.'
    return top, shelf, order.index(shelf) if shelf in order else None


class House:
    def __init__(self, root):
        self.root = root
        self.files = sorted(p.relative_to(root).as_posix() for folder in LAYERS + ['tests']
                            for ending in ('*.h', '*.cpp') for p in (root / folder).rglob(ending))
        self.headers = {f.split('/')[0] + '/' + f.split('/')[-1]: f for f in self.files
                        if f.endswith('.h') and f.split('/')[0] in LAYERS[:-1]}

    def included(self, file, include):
        """The file that an #include names, or '' if it is none of ours."""
        if include[0] == '<':
            name = include[1:-1].removeprefix('gradus/')
            return self.headers.get(name, name) if include.startswith('<gradus/') and '/' in name else ''
        for folder in ('apps/gradus', pathlib.PurePosixPath(file).parent.as_posix()):
            if (self.root / folder / include[1:-1]).is_file():
                return folder + '/' + include[1:-1]
        return ''

    def check_order(self, file, line, include):
        other = self.included(file, include)
        layer, target = file.split('/')[0], other.split('/')[0]
        if layer not in LAYERS or target not in LAYERS:
            return
        if LAYERS.index(target) > LAYERS.index(layer):
            return fault(file, line, f'{layer} includes {target}')
        top, shelf, height = place(file)
        other_top, other_shelf, other_height = place(other)
        if None in (height, other_height):
            return fault(file, line, f'{top} has no shelf {shelf if height is None else other_shelf}')
        if top == other_top and other_height > height:
            fault(file, line, f'{top}/{shelf} includes {top}/{other_shelf}')

    def check_own_header(self, file, includes):
        stem = file.split('/')[-1].removesuffix('_test.cpp')
        first = includes[0] if includes else ''
        own = [name for name in self.headers if name.endswith(f'/{stem}.h')]
        if own and first != f'<gradus/{own[0]}>':
            fault(file, 1, f'the first include must be <gradus/{own[0]}>')
        elif not first.startswith('<gradus/') and not (first[:1] == '"' and file.startswith(('tests/command/', 'tests/playground/'))):
            fault(file, 1, 'the first include must be the header that the file tests')

    def check_text(self, file, text):
        for token in TOKENS.finditer(text):
            if token.group()[0] in '"R' and file not in MAY_DRAW and file.startswith(tuple(LAYERS)):
                written = token.group().replace(r'\xef\xbb\xbf', '')  # a byte order mark is read, not shown
                if not written.isascii() or re.search(r'(?<!\\)(?:\\\\)*\\(?:u|x[89a-fA-F])', written):
                    fault(file, text.count('\n', 0, token.start()) + 1, 'a literal that is not ASCII')

    def check_lines(self, file, lines):
        library = not file.startswith(('apps/', 'tests/'))
        for number, line in enumerate(lines, 1):
            if unfinished := re.search(r'TODO|FIXME', line):
                fault(file, number, f'unfinished: {unfinished.group()}')
            if library and re.match(r' *# *define', line) and file not in MAY_DEFINE:
                fault(file, number, 'a macro in the library')
        if len(lines) > MOST_LINES:
            fault(file, len(lines), f'more than {MOST_LINES} lines')

    def check(self, file):
        text = (self.root / file).read_text(encoding='utf-8')
        self.check_lines(file, text.split('\n')[:-1])
        self.check_text(file, text)
        includes = []
        for match in re.finditer(r'^#include ([<"].+?[>"])', text, re.MULTILINE):
            includes.append(match.group(1))
            self.check_order(file, text.count('\n', 0, match.start()) + 1, match.group(1))
        if file.endswith('_test.cpp'):
            self.check_own_header(file, includes)
        code = TOKENS.sub(blank, text)
        if not file.startswith(('apps/', 'tests/')) and file not in MAY_PRINT:
            for match in PRINTS.finditer(code):
                line = code.count('\n', 0, match.start()) + 1
                fault(file, line, f'the library never prints and never aborts: {match.group()}')
        for line, length in functions(code):
            # A test may be one long table of cases.
            if length > MOST_FUNCTION_LINES and not file.startswith('tests/'):
                fault(file, line, f'a function of {length} lines; the most is {MOST_FUNCTION_LINES}')


def main():
    house = House(pathlib.Path(sys.argv[1]))
    for file in house.files:
        house.check(file)
    readme = house.root / 'README.md'
    if readme.is_file() and (lines := readme.read_text(encoding='utf-8').count('\n')) > MOST_README_LINES:
        fault('README.md', lines, f'more than {MOST_README_LINES} lines')
    print(f'{len(house.files)} files read', *faults, sep='\n')
    return 1 if faults or not (house.files or readme.is_file()) else 0


sys.exit(main())
