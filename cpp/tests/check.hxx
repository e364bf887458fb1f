// SPDX-License-Identifier: BSD-3-Clause
/// \file check.hxx
/// Enough of a test framework for one program per file: TEST(Name) { CHECK(...); }. Include it once; it defines main.
#ifndef RDF_LIVE_CHECK
#define RDF_LIVE_CHECK

#include <cmath>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace check {

inline std::vector<std::pair<std::string, std::function<void()>>> &Tests()
{
   static std::vector<std::pair<std::string, std::function<void()>>> tests;
   return tests;
}

inline int &Failures()
{
   static int failures = 0;
   return failures;
}

inline void Fail(const char *file, int line, const std::string &what)
{
   ++Failures();
   std::cerr << file << ':' << line << ": " << what << '\n';
}

template <typename Got, typename Expected>
void Equal(const Got &got, const Expected &expected, const char *text, const char *file, int line)
{
   if (got == expected)
      return;
   std::cerr.precision(17);
   std::cerr << "got " << got << ", expected " << expected << '\n';
   Fail(file, line, text);
}

inline void Close(double got, double expected, double relative, const char *text, const char *file, int line)
{
   // Negated, so that NaN fails.
   if (!(std::abs(got - expected) <= relative * std::abs(expected)))
      Equal(got, expected, text, file, line);
}

struct Register {
   Register(const char *name, std::function<void()> body) { Tests().emplace_back(name, std::move(body)); }
};

} // namespace check

#define TEST(NAME)                                            \
   static void NAME();                                        \
   static const check::Register registered_##NAME(#NAME, NAME); \
   static void NAME()

#define CHECK(CONDITION) \
   ((CONDITION) ? void() : check::Fail(__FILE__, __LINE__, "CHECK(" #CONDITION ")"))
#define CHECK_EQUAL(GOT, EXPECTED) check::Equal(GOT, EXPECTED, "CHECK_EQUAL(" #GOT ", " #EXPECTED ")", __FILE__, __LINE__)
#define CHECK_CLOSE(GOT, EXPECTED, RELATIVE) \
   check::Close(GOT, EXPECTED, RELATIVE, "CHECK_CLOSE(" #GOT ", " #EXPECTED ")", __FILE__, __LINE__)
/// The expression must throw an EXCEPTION.
#define CHECK_THROWS(EXPRESSION, EXCEPTION)                                                                   \
   do {                                                                                                       \
      bool caught = false;                                                                                    \
      try {                                                                                                   \
         EXPRESSION;                                                                                          \
      } catch (const EXCEPTION &) {                                                                           \
         caught = true;                                                                                       \
      }                                                                                                       \
      if (!caught)                                                                                            \
         check::Fail(__FILE__, __LINE__, "CHECK_THROWS(" #EXPRESSION ", " #EXCEPTION "): nothing was thrown"); \
   } while (false)

int main()
{
   for (const auto &[name, body] : check::Tests()) {
      const int before = check::Failures();
      try {
         body();
      } catch (const std::exception &error) {
         check::Fail(name.c_str(), 0, std::string("unexpected exception: ") + error.what());
      }
      std::cout << (check::Failures() == before ? "ok      " : "FAILED  ") << name << '\n';
   }
   std::cout << check::Tests().size() << " tests, " << check::Failures() << " failed checks\n";
   // No tests at all is a mistake in the build, not a success.
   return check::Failures() > 0 || check::Tests().empty();
}

#endif
