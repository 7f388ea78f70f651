# cmake -P batch.cmake OUT TEST...: writes one source that includes several tests, each in a namespace of its own.
#
# Half of a test's compile time goes into headers and templates that its neighbours need, too. Every #include comes
# first, outside the namespaces, so that the guards of the headers leave nothing of them inside.
cmake_minimum_required(VERSION 3.25)
math(EXPR last "${CMAKE_ARGC} - 1")
set(includes "")
set(bodies "")
foreach(i RANGE 4 ${last})
  set(test ${CMAKE_ARGV${i}})
  cmake_path(GET test PARENT_PATH folder)
  cmake_path(GET test STEM name)
  file(STRINGS ${test} lines REGEX "^#include ")
  foreach(line IN LISTS lines)
    if(line MATCHES "\"(.*)\"" AND EXISTS ${folder}/${CMAKE_MATCH_1})
      set(line "#include \"${folder}/${CMAKE_MATCH_1}\"")
    endif()
    list(APPEND includes ${line})
  endforeach()
  string(APPEND bodies "namespace in_${name} {\n#include \"${test}\"\n}\n")
endforeach()
list(REMOVE_DUPLICATES includes)
list(JOIN includes "\n" includes)
file(WRITE ${CMAKE_ARGV3} "${includes}\n\n${bodies}")
