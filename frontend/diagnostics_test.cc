// SPDX-License-Identifier: MIT
#include "frontend/diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace axlut {
namespace {

// AXLUT_WRITE_DOCS=1 in the environment writes the page instead.
TEST(Diagnostics, ThePageIsMadeFromTheList) {
  const std::string path = AXLUT_SOURCE_DIR "/docs/diagnostics.md";
  if (std::getenv("AXLUT_WRITE_DOCS") != nullptr) std::ofstream(path) << DiagnosticsAsMarkdown();
  std::ostringstream page;
  page << std::ifstream(path).rdbuf();
  EXPECT_EQ(page.str(), DiagnosticsAsMarkdown())
      << "run this test with AXLUT_WRITE_DOCS=1 and commit docs/diagnostics.md";
}

TEST(Diagnostics, EachHasAnIdOfItsOwnAndAnExplanation) {
  std::set<std::string> ids;
  for (const Diagnostic diagnostic : AllDiagnostics()) {
    const DiagnosticInfo& info = Info(diagnostic);
    EXPECT_TRUE(ids.insert(info.id).second) << info.id;
    EXPECT_THAT(info.id, testing::MatchesRegex("axlut(-[a-z0-9]+)+"));
    EXPECT_GT(std::string(info.explanation).size(), 30u) << info.id;
    EXPECT_EQ(DiagnosticWithId(info.id), diagnostic);
  }
  EXPECT_EQ(DiagnosticWithId("axlut-nonsense"), std::nullopt);
}

TEST(Diagnostics, AnErrorCarriesCodeAndId) {
  const Error error = Diagnose(Diagnostic::kSequentialCell, "text");
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_EQ(error.ToString(), "error: text [axlut-sequential-cell]");
}

}  // namespace
}  // namespace axlut
