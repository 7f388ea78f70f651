#!/usr/bin/env python3
"""readme.py README BUILD COMPILER LINKED...: a README keeps its word.

cpp      a block with main() is a program; the others are one program: types and functions first, the rest in main()
console  `$ command`, and exactly what it prints to stdout; a line `...` stands for any lines
diff     patches of the tree, applied to a copy one after another; the tests that they bring must pass
links    what they name is there
tables   the cells under `test` are names of tests

BUILD has the commands, include/ and compile_commands.json. LINKED: the library and what it needs.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ENDING = {**os.environ, 'LC_ALL': 'C.UTF-8', 'NO_COLOR': '1', 'COLUMNS': '80'}
WARNINGS = ['-std=c++20', '-O0', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-Wno-unused']
# What sets up and builds is not run once more: of its transcript the end, which it leaves to a program, must be right.
STANDS_FOR = {'sh apps/demo.sh': 'staircase'}

MAY_BE_LEFT_OUT = ('gradus',)  # built where CLI11 and toml++ are


class Wrong(Exception):
    pass


def run(command, where='', **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise Wrong(f'{where}: {shlex.join(command)}\n{done.stdout}')
    return done.stdout


# The first line of what cannot stand in a function: a type, a function, a template, an #include.
DEFINITION = re.compile(r'#include|(struct|class|enum|template|namespace|inline)\b|(?!.*=.*\{)[\w:<>&*, ]+ &?\w+\(.*\) (const )?\{')


def together(pieces):
    """One program of the pieces of a README."""
    definitions, statements, inside = [], [], False
    for line in pieces.splitlines():
        first = not inside and DEFINITION.match(line)
        (definitions if inside or first else statements).append(line)
        if first:
            inside = not re.search(r'(;|>|"|\})\s*(//.*)?$', line) or line.startswith('template')
        elif inside and line.startswith('}'):
            inside = False
    return '\n'.join(['#include <cmath>', '#include <gradus/gradus.h>', 'using namespace gradus;', *definitions,
                      'int main() {', *statements, '}', ''])


class Readme:
    def __init__(self, readme, build, compiler, *linked):
        self.readme, self.build = pathlib.Path(readme).resolve(), pathlib.Path(build).resolve()
        self.compiler, self.linked = compiler, [str(pathlib.Path(x).resolve()) if '/' in x else x for x in linked]
        self.text = self.readme.read_text(encoding='utf-8')
        self.include = ['-I', str(self.build / 'include')]

    def blocks(self, language):
        for match in re.finditer(rf'^```{language}\n(.*?)^```$', self.text, re.MULTILINE | re.DOTALL):
            yield f'{self.readme.name}:{self.text.count(chr(10), 0, match.start()) + 1}', match.group(1)

    def check_links(self):
        prose = re.sub(r'^```.*?^```$', '', self.text, flags=re.MULTILINE | re.DOTALL)
        targets = re.findall(r'\]\(([^)\s]+)\)', prose) + re.findall(r'(?:src|href)="([^"]+)"', prose)
        missing = [t for t in targets if not re.match(r'[a-z]+:|#', t) and
                   not (self.readme.parent / t.split('#')[0]).exists()]
        if missing:
            raise Wrong(f'{self.readme.name} links to what is not there: {", ".join(missing)}')
        return len(targets)

    def check_tests(self):
        folder = next(p / 'tests' for p in self.readme.parents if (p / 'tests/CMakeLists.txt').exists())
        sources = [f for f in folder.rglob('*') if f.suffix in ('.cpp', '.txt')]
        texts = ''.join(re.sub(r'"\s*\n\s*"', '', f.read_text(encoding='utf-8', errors='ignore')) for f in sources)
        names = set(re.findall(r'TEST_CASE\(\s*"((?:complaint \d+: )?(.*?))"\)', texts))
        known = {n for pair in names for n in pair} | set(re.findall(r'NAME "([^"$]*)"', texts))
        known |= {f'{kind} {f.stem}' for f in sources for kind in ('program', 'wont compile') if
                  f.parent.name == {'program': 'programs'}.get(kind, 'wont_compile')}
        tables = re.findall(r'^\|.*\| test \|\n\|[-|]+\n((?:\|.*\n)+)', self.text, re.MULTILINE)
        cells = [row.strip('| ').split(' | ')[-1] for table in tables for row in table.splitlines()]
        unknown = [cell for cell in cells if cell not in known]
        if unknown:
            raise Wrong(f'{self.readme.name} names tests that are not there: {"; ".join(unknown)}')
        return len(cells)

    def check_programs(self, work):
        programs = [(where, code) for where, code in self.blocks('cpp') if 'int main' in code]
        pieces = [code for _, code in self.blocks('cpp') if 'int main' not in code]
        if pieces:
            programs.append((f'{self.readme.name}, its pieces', together(''.join(pieces))))
        for i, (where, code) in enumerate(programs):
            source, program = work / f'{i}.cpp', work / f'program-{i}'
            source.write_text(code, encoding='utf-8')
            run([self.compiler, *WARNINGS, *self.include, str(source), '-o', str(program), *self.linked], where)
            run([str(program)], where, cwd=work)
        return len(programs)

    def check_transcripts(self, work):
        folder = work / 'console'
        folder.mkdir()
        environment = {**ENDING, 'PATH': f'{self.build}:{os.environ["PATH"]}'}
        count = 0
        for where, text in self.blocks('console'):
            for command, shown in re.findall(r'^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)', text, re.MULTILINE):
                instead = STANDS_FOR.get(command.strip(), command)
                program = instead.split()[0]
                if program in MAY_BE_LEFT_OUT and not (self.build / program).exists():
                    print(f'{where}: no {program} here: skipped')
                    continue
                done = subprocess.run(['sh', '-c', instead], cwd=folder, env=environment, text=True, encoding='utf-8',
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                pattern = re.escape(shown).replace('\\.\\.\\.\\\n', '(?:.*\n)*?')
                matches = re.fullmatch(pattern, done.stdout) if instead == command else done.stdout in shown
                if not matches or done.returncode != 0:
                    raise Wrong(f'{where}: $ {command}\nshown:\n{shown}\nprinted:\n{done.stdout}{done.stderr}')
                count += 1
        return count

    def check_patches(self, work):
        patches = list(self.blocks('diff'))
        if not patches:
            return 0
        tree = Tree(self.build, work / 'tree')
        for where, patch in patches:
            run(['patch', '-p1', '--no-backup-if-mismatch'], where, cwd=tree.copy, input=patch)
        changed = sorted(set(re.findall(r'^\+\+\+ b/(\S+)', ''.join(p for _, p in patches), re.MULTILINE)))
        if not any(file.endswith('_test.cpp') for file in changed):
            raise Wrong(f'{self.readme.name}: patches without a test')
        objects = tree.compile(changed, self.compiler)
        program = work / 'patched'
        patched_first = '-Wl,-z,muldefs'  # an object of the library may hold several of its sources
        run([self.compiler, *objects, '-o', str(program), patched_first, *self.linked], 'the patched tree')
        printed = run([str(program)], 'the patched tree', cwd=tree.copy)
        if not re.search(r'test cases: +[1-9]', printed):
            raise Wrong(f'the patched tree ran no test:\n{printed}')
        return len(patches)

    def check(self):
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            print(f'{self.readme.name}: {self.check_links()} links, {self.check_tests()} tests, '
                  f'{self.check_programs(work)} programs, '
                  f'{self.check_transcripts(work)} commands, {self.check_patches(work)} patches')


class Tree:
    """A copy of the sources, compiled as far as patches change it."""

    def __init__(self, build, copy):
        commands = json.loads((build / 'compile_commands.json').read_text(encoding='utf-8'))
        cache = (build / 'CMakeCache.txt').read_text(encoding='utf-8')
        self.source = re.search(r'^CMAKE_HOME_DIRECTORY:\w+=(.*)$', cache, re.MULTILINE).group(1)
        self.build, self.copy = build, copy
        self.commands = [c for c in commands if 'GRADUS_VARIANT=f32' in c['command']]
        self.layers = ('core/', 'schedules/', 'optim/', 'models/')
        self.folders = ['core', 'schedules', 'optim', 'models', 'tests', 'apps']
        for folder in self.folders:
            shutil.copytree(f'{self.source}/{folder}', copy / folder)
        for file in pathlib.Path(self.source).glob('*.*'):
            if file.is_file():
                shutil.copy(file, copy)

    def compile(self, changed, compiler):
        include = self.copy / 'include'
        for header in [h for folder in self.folders[:4] for h in (self.copy / folder).rglob('*.h')]:
            path = include / 'gradus' / header.relative_to(self.copy).parts[0] / header.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'#include "{header}"\n', encoding='utf-8')
        (include / 'gradus/gradus.h').write_text(f'#include "{self.copy}/models/gradus.h"\n', encoding='utf-8')

        objects = []
        for number, command in enumerate(self.layer_commands(changed)):
            objects.append(str(self.copy / f'library-{number}.o'))
            words = [w.replace(f'{self.build}/include', str(include)).replace(f'{self.source}/', f'{self.copy}/')
                     for w in shlex.split(command)]
            words[words.index('-o') + 1] = objects[-1]
            run(words + ([] if 'kernels' in command else ['-O0']), 'the patched library', cwd=self.build)
        tests = [file for file in changed if file.endswith('_test.cpp')] + ['tests/main.cpp']
        if any('golden/' in file for file in tests):
            tests.append('tests/golden/golden_support.cpp')
        for file in tests:
            objects.append(str(self.copy / f'{file}.o'))
            run([compiler, *WARNINGS, '-I', str(include), '-I', str(self.copy / 'tests'), '-isystem', self.eigen(),
                 f'-DGRADUS_SOURCE_DIR="{self.copy}"', '-DGRADUS_VARIANT=f32', '-c', str(self.copy / file), '-o',
                 objects[-1]], file)
        return objects

    def eigen(self):
        config = (self.build / 'CMakeCache.txt').read_text(encoding='utf-8')
        found = re.search(r'^Eigen3_DIR:\w+=(.*)/share/eigen3/cmake$', config, re.MULTILINE)
        return f'{found.group(1) if found else "/usr"}/include/eigen3'

    def layer_commands(self, changed):
        """The commands of the library's sources that are changed or new, or include a changed header themselves."""
        names = {f'<gradus/{f.split("/")[0]}/{f.split("/")[-1]}>' for f in changed if f.endswith('.h')}
        known = self.sources()
        for file, commands in known.items():
            text = (self.copy / file).read_text(encoding='utf-8') if (self.copy / file).exists() else ''
            if text and (file in changed or names & set(re.findall(r'^#include (<gradus/.*?>)', text, re.MULTILINE))):
                yield from commands
        for file in changed:
            if file.endswith('.cpp') and file.startswith(self.layers) and file not in known:
                yield known['core/tensor.cpp'][0].replace('core/tensor.cpp', file)

    def sources(self):
        """{source of the library: commands that compile it}; a kernel has several."""
        known = {}
        for c in self.commands:
            files = [c['file']]
            if '/Unity/' in c['file']:  # one source that includes others
                files = re.findall(r'#include "(.*)"', pathlib.Path(c['file']).read_text(encoding='utf-8'))
            for file in files:
                name = file.removeprefix(self.source + '/')
                if name.startswith(self.layers):
                    known.setdefault(name, []).append(c['command'].replace(c['file'], file))
        return known


try:
    Readme(*sys.argv[1:]).check()
except Wrong as wrong:
    sys.exit(str(wrong))
