# Fetches the four C++ libraries, once for all presets, each pinned by the hash of its archive.
#
# First from Debian's pool: the mirror that this machine already trusts, named by apt, so no host is written here.
# Where there is no apt, or the archive has left the pool, from the authors' repositories at the same versions.

set(dependency_cache "${CMAKE_SOURCE_DIR}/.cache/deps")

# Unlike apt's other ways to tell its mirror, this one needs neither root nor lists that were fetched before.
execute_process(COMMAND apt-get --print-uris update OUTPUT_VARIABLE apt_sources ERROR_QUIET)
string(REGEX MATCH "[^']+/debian/" debian_mirror "${apt_sources}")
find_program(apt_helper apt-helper PATHS /usr/lib/apt NO_CACHE)

# Leaves the unpacked sources in ${name}_SOURCE_DIR.
function(dependency name)
  cmake_parse_arguments(PARSE_ARGV 1 pin "" "VERSION;POOL;SHA256;REPOSITORY;TAG" "")
  set(folder "${dependency_cache}/${name}-${pin_VERSION}")
  if(NOT EXISTS "${folder}")
    set(archive "${dependency_cache}/${name}.archive")
    file(REMOVE_RECURSE "${folder}.part" "${folder}.unpacked")
    file(MAKE_DIRECTORY "${dependency_cache}")
    set(failed TRUE)
    if(apt_helper AND debian_mirror)
      # As this user: apt's own could not write here, nor be switched to in a user namespace.
      execute_process(COMMAND "${apt_helper}" -qq -o APT::Sandbox::User=root download-file
                              "${debian_mirror}pool/main/${pin_POOL}"
                              "${archive}" "SHA256:${pin_SHA256}"
                      RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    endif()
    if(failed)
      message(STATUS "${name} ${pin_VERSION}: from ${pin_REPOSITORY}")
      include(FetchContent)
      FetchContent_Populate(${name} QUIET GIT_REPOSITORY "${pin_REPOSITORY}" GIT_TAG "${pin_TAG}"
                            GIT_SHALLOW TRUE SOURCE_DIR "${folder}.part")
    else()
      message(STATUS "${name} ${pin_VERSION}: from the Debian mirror")
      file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${folder}.unpacked")
      file(GLOB top "${folder}.unpacked/*")
      file(RENAME "${top}" "${folder}.part")
      file(REMOVE "${archive}")
    endif()
    # The last step, so that a folder that exists is a whole one.
    file(RENAME "${folder}.part" "${folder}")
    file(REMOVE_RECURSE "${folder}.unpacked")
  endif()
  set(${name}_SOURCE_DIR "${folder}" PARENT_SCOPE)
endfunction()

dependency(imgui VERSION 1.92.2b
  POOL i/imgui/imgui_1.92.2b+ds.orig.tar.xz
  SHA256 e7bd201d56b5ee90d24d5dac85e5c12f98bdb95410252a62d27b7f89e4566d48
  REPOSITORY https://github.com/ocornut/imgui.git TAG v1.92.2b)
dependency(eigen VERSION 5.0.1
  POOL e/eigen3/eigen3_5.0.1.orig.tar.bz2
  SHA256 197d404a98cb1f99925c4e2cbda278881b167ee2e6437ed97cffb5f9d4952e75
  REPOSITORY https://gitlab.com/libeigen/eigen.git TAG 5.0.1)
dependency(doctest VERSION 2.4.11
  POOL d/doctest/doctest_2.4.11.orig.tar.gz
  SHA256 632ed2c05a7f53fa961381497bf8069093f0d6628c5f26286161fbd32a560186
  REPOSITORY https://github.com/doctest/doctest.git TAG v2.4.11)
dependency(yyjson VERSION 0.10.0
  POOL y/yyjson/yyjson_0.10.0+ds.orig.tar.xz
  SHA256 ae6fde69a193e10afab426ef13f113d6903446405f9db9ee98bfb572bd6c961a
  REPOSITORY https://github.com/ibireme/yyjson.git TAG 0.10.0)

add_library(eigen INTERFACE)
target_include_directories(eigen SYSTEM INTERFACE "${eigen_SOURCE_DIR}")
target_compile_definitions(eigen INTERFACE EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS=16 EIGEN_MPL2_ONLY EIGEN_NO_IO)
# Eigen names its vector types in templates, where their alignment does not count.
target_compile_options(eigen INTERFACE -Wno-ignored-attributes)

add_library(doctest INTERFACE)
target_include_directories(doctest SYSTEM INTERFACE "${doctest_SOURCE_DIR}/doctest")
target_compile_definitions(doctest INTERFACE DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS)

add_library(yyjson STATIC "${yyjson_SOURCE_DIR}/src/yyjson.c")
target_include_directories(yyjson SYSTEM PUBLIC "${yyjson_SOURCE_DIR}/src")
target_compile_definitions(yyjson PUBLIC YYJSON_DISABLE_NON_STANDARD=1 YYJSON_DISABLE_UTILS=1)
if(EMSCRIPTEN)
  # Inlined for speed it would be a tenth of the app.
  target_compile_options(yyjson PRIVATE -Oz)
endif()

if(EMSCRIPTEN)
  add_library(imgui STATIC
    "${imgui_SOURCE_DIR}/imgui.cpp"
    "${imgui_SOURCE_DIR}/imgui_draw.cpp"
    "${imgui_SOURCE_DIR}/imgui_tables.cpp"
    "${imgui_SOURCE_DIR}/imgui_widgets.cpp"
    "${imgui_SOURCE_DIR}/backends/imgui_impl_opengl3.cpp")
  target_include_directories(imgui SYSTEM PUBLIC "${imgui_SOURCE_DIR}" "${imgui_SOURCE_DIR}/backends")
  # 32-bit indices: a large graph's wires are more corners than 16 bits count.
  target_compile_definitions(imgui PUBLIC
    "ImDrawIdx=unsigned int"
    IMGUI_IMPL_OPENGL_ES3
    IMGUI_DISABLE_OBSOLETE_FUNCTIONS
    IMGUI_DISABLE_DEMO_WINDOWS
    IMGUI_DISABLE_DEBUG_TOOLS
    IMGUI_DISABLE_FILE_FUNCTIONS
    IMGUI_DISABLE_DEFAULT_SHELL_FUNCTIONS)
  # Its back end asks GL for the state it is going to change, and every question waits until the graphics have caught
  # up: web/app/screen.cpp, to which the context belongs, answers instead.
  target_compile_definitions(imgui PRIVATE
    glGetIntegerv=sandflow_gl_integer
    glIsEnabled=sandflow_gl_is_enabled)
  target_compile_options(imgui PRIVATE -Oz -w -fno-exceptions -fno-rtti)
endif()
