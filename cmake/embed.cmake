# Puts text files into the program, so that it needs no file access where it runs.
#
# embed(TARGET HEADER FILE…): `#include "HEADER"` then gives, for boundary.frag, sandflow::embedded::boundary_frag.
function(embed target header)
  cmake_path(REPLACE_EXTENSION header cpp OUTPUT_VARIABLE source)
  set(folder "${CMAKE_BINARY_DIR}/embedded/${target}")
  add_custom_command(
    OUTPUT "${folder}/${header}" "${folder}/${source}"
    COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${folder}" "-DHEADER=${header}" "-DSOURCE=${source}" "-DFILES=${ARGN}"
            -P "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
    DEPENDS ${ARGN} "${CMAKE_CURRENT_FUNCTION_LIST_FILE}" VERBATIM)
  target_sources(${target} PRIVATE "${folder}/${header}" "${folder}/${source}")
  target_include_directories(${target} PRIVATE "${folder}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  set(declarations "#pragma once\n#include <string_view>\nnamespace sandflow::embedded {\n")
  set(definitions "#include \"${HEADER}\"\nnamespace sandflow::embedded {\n")
  foreach(file IN LISTS FILES)
    cmake_path(GET file FILENAME name)
    string(MAKE_C_IDENTIFIER "${name}" name)
    # Single characters: a string literal has a length limit, and a byte above 127 does not narrow.
    file(READ "${file}" bytes HEX)
    string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
    string(APPEND declarations "extern const std::string_view ${name};\n")
    string(APPEND definitions "static constexpr char ${name}_bytes[] = {${bytes}0};\n"
                              "const std::string_view ${name}{${name}_bytes, sizeof ${name}_bytes - 1};\n")
  endforeach()
  file(WRITE "${FOLDER}/${HEADER}" "${declarations}}\n")
  file(WRITE "${FOLDER}/${SOURCE}" "${definitions}}\n")
endif()
