#!/usr/bin/env python3
"""wont_compile.py SOURCE INCLUDES COMPILER...: compiles a mistake. The source names on its first line, after
`// error: `, what each compiler must print within its first 12 lines; without that line it must compile."""
import re
import subprocess
import sys

LINES = 12


def fault_of(compiler, source, includes, expected):
    run = subprocess.run([compiler, '-std=c++20', '-fsyntax-only', f'-I{includes}', source],
                         capture_output=True, text=True)
    if not expected:
        return run.returncode and run.stderr
    first = '\n'.join(run.stderr.splitlines()[:LINES])
    if run.returncode == 0 or not re.search(expected[1], first):
        return f'not in the first {LINES} lines: {expected[1]}\n{run.stderr}'


def main(source, includes, *compilers):
    with open(source) as file:
        expected = re.match('// error: (.*)', file.readline())
    faults = [f'{compiler}: {fault}' for compiler in compilers
              if (fault := fault_of(compiler, source, includes, expected))]
    print('\n'.join(faults) or f'as expected by {" and ".join(compilers)}')
    return bool(faults)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
