# Every symbol that the objects of one kernel copy define for the linker lies in that copy's
# namespace. An inline function outside of it would be merged with the same function of other
# objects, and the linker might keep the one compiled for a processor that the user does not have.
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND ${NM} --demangle --defined-only --extern-only --format=posix ${OBJECTS}
                OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "[][;\\]" " " symbols "${symbols}")
string(REPLACE "\n" ";" symbols "${symbols}")
set(own 0)
set(foreign "")
foreach(symbol IN LISTS symbols)
  if(symbol MATCHES "::${COPY}::")
    math(EXPR own "${own} + 1")
  elseif(symbol AND NOT symbol MATCHES ":$")  # that is an object file's name
    string(APPEND foreign "  ${symbol}\n")
  endif()
endforeach()
if(foreign)
  message(FATAL_ERROR "outside of namespace ${COPY}:\n${foreign}")
endif()
if(own EQUAL 0)
  message(FATAL_ERROR "no symbols found in ${OBJECTS}")
endif()
message("${own} symbols, all in namespace ${COPY}")
