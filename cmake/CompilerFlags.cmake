# SPDX-License-Identifier: BSD-3-Clause
# Flags for our own code. ROOT's headers come with imported targets, so the compiler takes them as system headers.
include_guard(GLOBAL)

function(rdf_live_compiler_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror)
  if(RDF_LIVE_SANITIZE)
    list(JOIN RDF_LIVE_SANITIZE "," sanitizers)
    target_compile_options(${target} PRIVATE -fsanitize=${sanitizers} -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${sanitizers})
  endif()
endfunction()
