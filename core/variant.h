#pragma once
#if __cplusplus < 202002L
#error "gradus needs C++20: compile with -std=c++20"
#include "compile with -std=c++20"  // stops the compiler here: a missing header is fatal
#endif
/// The build of the library that a program uses: f32, f64 or dual (core/scalar.h).

#ifndef GRADUS_VARIANT  // the library's targets define it for programs that link them
#define GRADUS_VARIANT f32
#endif
