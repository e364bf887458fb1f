// SPDX-License-Identifier: BSD-3-Clause
/// \file load.hxx
/// The client's side: objects out of merged vectors.
#ifndef RDF_LIVE_LOAD
#define RDF_LIVE_LOAD

#include <rdf_live/bytes.hxx>
#include <rdf_live/layout.hxx>

#include <TCollection.h>
#include <TList.h>
#include <TMethodCall.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace rdf_live {

template <typename T>
bool LoadAs(TObject &object, bool weighted, const double *values)
{
   if (object.IsA() != T::Class())
      return false;
   Layout<T>::Load(static_cast<T &>(object), weighted, values);
   return true;
}

/// A detached copy of the empty object, filled from the vector. The caller owns it.
/// \param address of the first double of this object
/// \throws std::runtime_error for a class that has no layout
inline TObject *Load(const TObject &empty, bool weighted, std::uintptr_t address)
{
   Detached guard;
   std::unique_ptr<TObject> object(empty.Clone());
   const auto values = reinterpret_cast<const double *>(address);
   const bool known = LoadAs<TH1D>(*object, weighted, values) || LoadAs<TH2D>(*object, weighted, values) ||
                      LoadAs<TH3D>(*object, weighted, values) || LoadAs<TProfile>(*object, weighted, values) ||
                      LoadAs<TProfile2D>(*object, weighted, values) || LoadAs<THnD>(*object, weighted, values) ||
                      LoadAs<TStatistic>(*object, weighted, values);
   if (!known)
      throw std::runtime_error(std::string("rdf_live: got an object of class ") + empty.ClassName() +
                               ", expected a histogram, profile or statistic");
   return object.release();
}

/// A detached copy.
inline TObject *Copy(const TObject &object)
{
   Detached guard;
   return object.Clone();
}

} // namespace rdf_live

#endif
