# SPDX-License-Identifier: BSD-3-Clause
# Finds ROOT, wherever it came from: ROOT_DIR or ROOTSYS if set, else the wheel in the site-packages of the Python
# interpreter (Python_EXECUTABLE), else whatever find_package finds (conda-forge, system packages).
include_guard(GLOBAL)
set(RDF_LIVE_MINIMUM_ROOT 6.36)

# Sets `out` to the folder of the wheel's ROOTConfig.cmake, or to nothing. sysconfig, not sys.path: pip hides
# site-packages from the isolated environment it builds in, though ROOT is installed there.
function(rdf_live_find_root_wheel out)
  set(${out} "" PARENT_SCOPE)
  if(NOT Python_EXECUTABLE)
    find_package(Python 3.11 QUIET COMPONENTS Interpreter)
  endif()
  if(NOT Python_EXECUTABLE)
    return()
  endif()
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -c
            "import site, sysconfig; print(sysconfig.get_path('platlib'), site.getusersitepackages(), sep=';')"
    OUTPUT_VARIABLE folders OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  foreach(folder IN LISTS folders)
    if(EXISTS "${folder}/ROOT/cmake/ROOTConfig.cmake")
      set(${out} "${folder}/ROOT/cmake" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# The wheel's targets name a folder `mock_site_packages` that existed only where the wheel was built. A link of that
# name to the real folder cures it; it lies in the build tree, because site-packages is not ours to write to.
function(rdf_live_mend_root_wheel config_dir out)
  set(${out} "${config_dir}" PARENT_SCOPE)
  set(targets "${config_dir}/ROOTConfig-targets.cmake")
  if(NOT EXISTS "${targets}")
    return()
  endif()
  file(STRINGS "${targets}" mock REGEX "{_IMPORT_PREFIX}/mock_site_packages/" LIMIT_COUNT 1)
  get_filename_component(site "${config_dir}/../.." ABSOLUTE)
  get_filename_component(name "${site}" NAME)
  if(NOT mock OR name STREQUAL "mock_site_packages")
    return()
  endif()
  set(prefix "${CMAKE_BINARY_DIR}/root_wheel")
  file(MAKE_DIRECTORY "${prefix}")
  file(CREATE_LINK "${site}" "${prefix}/mock_site_packages" SYMBOLIC)
  set(${out} "${prefix}/mock_site_packages/ROOT/cmake" PARENT_SCOPE)
endfunction()

if(ROOT_DIR)
  set(_config_dir "${ROOT_DIR}")
elseif(DEFINED ENV{ROOT_DIR})
  set(_config_dir "$ENV{ROOT_DIR}")
elseif(EXISTS "$ENV{ROOTSYS}/cmake/ROOTConfig.cmake")
  set(_config_dir "$ENV{ROOTSYS}/cmake")
elseif(NOT DEFINED ENV{ROOTSYS})
  rdf_live_find_root_wheel(_config_dir)
endif()
if(_config_dir)
  rdf_live_mend_root_wheel("${_config_dir}" _config_dir)
  set(ROOT_DIR "${_config_dir}" CACHE PATH "Folder of ROOTConfig.cmake" FORCE)
endif()

find_package(ROOT ${RDF_LIVE_MINIMUM_ROOT} CONFIG QUIET COMPONENTS ROOTDataFrame HINTS "$ENV{ROOTSYS}")
if(NOT ROOT_FOUND)
  message(FATAL_ERROR
    "Got no ROOT, expected ROOT >= ${RDF_LIVE_MINIMUM_ROOT} (looked at: ${ROOT_CONSIDERED_CONFIGS}). One of:\n"
    "  pip install 'ROOT>=0.1a12'               into the Python that builds (here: ${Python_EXECUTABLE})\n"
    "  conda install -c conda-forge 'root>=${RDF_LIVE_MINIMUM_ROOT}'\n"
    "  cmake -DROOT_DIR=<folder of ROOTConfig.cmake>, or ROOTSYS in the environment")
endif()
message(STATUS "ROOT ${ROOT_VERSION}: ${ROOT_DIR}")

# The libraries that the wheel bundles do not say where they find each other, which programs linked to ROOT need.
set(RDF_LIVE_ROOT_BUNDLE "${ROOT_LIBRARY_DIR}/../../root.libs")
if(NOT EXISTS "${RDF_LIVE_ROOT_BUNDLE}")
  set(RDF_LIVE_ROOT_BUNDLE "")
endif()

# A library that shares inline code with ROOT has to be compiled in ROOT's own dialect.
if(NOT ROOT_CXX_STANDARD)
  set(ROOT_CXX_STANDARD 17)
endif()
set(CMAKE_CXX_STANDARD ${ROOT_CXX_STANDARD})
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
