"""Where an environment keeps bytecode: the set-up puts this where each interpreter runs it first.

Without bytecode every command would compile the SDKs anew, which takes longer than the command. So
where a variable forbids it beside the sources, it is kept in the environment.
"""

import os
import sys

if os.environ.get("PYTHONDONTWRITEBYTECODE") and sys.pycache_prefix is None:
    sys.pycache_prefix = f"{sys.prefix}/bytecode"
    sys.dont_write_bytecode = False
