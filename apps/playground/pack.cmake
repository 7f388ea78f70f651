# cmake -DWASM=gradus.wasm -DOUT=gradus.html -P pack.cmake: one page from index.html and the files that it names.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(READ ${here}/index.html page)

# Replaces a tag by its file.
function(inline tag file before after)
  file(READ ${here}/${file} text)
  string(REPLACE "${tag}" "${before}${text}${after}" page "${page}")
  set(page "${page}" PARENT_SCOPE)
endfunction()
string(REGEX MATCHALL "<script src=\"[^\"]+\"></script>" scripts "${page}")
foreach(script IN LISTS scripts)
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" file "${script}")
  inline("${script}" ${file} "<script>\n\"use strict\";\n" "</script>")
endforeach()
inline("<link rel=\"stylesheet\" href=\"style.css\">" style.css "<style>\n" "</style>")

# The data of the scripts stands before them.
find_program(ZOPFLI zopfli)
set(compress gzip -9nc ${WASM})
if(ZOPFLI)
  set(compress ${ZOPFLI} -c --gzip ${WASM})
endif()
execute_process(COMMAND ${compress} COMMAND base64 -w0 OUTPUT_VARIABLE wasm COMMAND_ERROR_IS_FATAL ANY)
file(READ ${here}/lessons.json lessons)
string(FIND "${page}" "<script>" scripts_at)
string(SUBSTRING "${page}" 0 ${scripts_at} head)
string(SUBSTRING "${page}" ${scripts_at} -1 tail)
file(WRITE ${OUT} "${head}<script type=\"application/json\" id=\"lessons\">\n${lessons}</script>\n"
                  "<script type=\"text/plain\" id=\"wasm\">${wasm}</script>\n${tail}")
