# cmake -DWASM=gradus.wasm -DUNPACK=unpack.wasm -DOUT=gradus.html -P pack.cmake: one page from index.html and the files
# that it names.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(READ ${here}/index.html page)

# Each file takes the place of its tag, or leaves none where it is absent.
function(inline tag file before after)
  set(text "")
  if(EXISTS ${here}/${file})
    file(READ ${here}/${file} text)
    set(text "${before}${text}${after}")
  endif()
  string(REPLACE "${tag}" "${text}" page "${page}")
  set(page "${page}" PARENT_SCOPE)
endfunction()
string(REGEX MATCHALL "<script src=\"[^\"]+\"></script>" scripts "${page}")
foreach(script IN LISTS scripts)
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" file "${script}")
  inline("${script}" ${file} "<script>\n" "</script>")
endforeach()
inline("<link rel=\"stylesheet\" href=\"style.css\">" style.css "<style>\n" "</style>")

# What the scripts read stands before them.
execute_process(COMMAND xz --format=lzma --lzma1=preset=9e,lc=3,lp=0,pb=0 COMMAND base64 -w0 INPUT_FILE ${WASM}
                OUTPUT_VARIABLE wasm COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND base64 -w0 ${UNPACK} OUTPUT_VARIABLE unpack COMMAND_ERROR_IS_FATAL ANY)
set(lessons {})
if(EXISTS ${here}/lessons.json)
  file(READ ${here}/lessons.json lessons)
endif()
string(FIND "${page}" "<script>" scripts_at)
string(SUBSTRING "${page}" 0 ${scripts_at} head)
string(SUBSTRING "${page}" ${scripts_at} -1 tail)
file(WRITE ${OUT} "${head}<script type=\"application/json\" id=\"lessons\">\n${lessons}</script>\n"
                  "<script type=\"text/plain\" id=\"unpack\">${unpack}</script>\n"
                  "<script type=\"text/plain\" id=\"wasm\">${wasm}</script>\n${tail}")
