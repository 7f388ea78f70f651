# Toolchain: Debian's clang-19 for wasm32-wasi, WebAssembly with a C library and libc++ but without files or threads.
set(CMAKE_SYSTEM_NAME Generic)  # CMake 3.25 does not know WASI
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_CXX_FLAGS_INIT "-fwasm-exceptions -DEIGEN_NO_CPUID -mbulk-memory -mnontrapping-fptoint")
set(CMAKE_CXX_FLAGS_MINSIZEREL "-Oz -DNDEBUG -flto" CACHE STRING "half the bytes of -Os alone")
# The linker compiles, too. Without -O0 clang would then run wasm-opt where it is there, and Debian's breaks the module.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-O0 -Wl,--lto-O2,-mllvm,-wasm-enable-eh,-mllvm,-exception-model=wasm")
set(CMAKE_CXX_ARCHIVE_CREATE "<CMAKE_AR> qcS <TARGET> <OBJECTS>")  # no index, which only llvm-ar could make
set(CMAKE_CXX_ARCHIVE_FINISH "")
