// SPDX-License-Identifier: BSD-3-Clause
/// \file rdf_live.hxx
/// Everything: what a worker process and a client declare to the interpreter.
#ifndef RDF_LIVE
#define RDF_LIVE

#include <rdf_live/graph.hxx>
#include <rdf_live/load.hxx>
#include <rdf_live/merge.hxx>

#endif
