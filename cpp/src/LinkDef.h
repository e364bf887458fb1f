// SPDX-License-Identifier: BSD-3-Clause
// What gets a dictionary: the namespace, so that ROOT finds the library by the first name of it that is used.
#ifdef __CLING__
#pragma link off all globals;
#pragma link off all classes;
#pragma link off all functions;
#pragma link C++ namespace rdf_live;
#endif
