// SPDX-License-Identifier: MIT
// What sanitizers say about planted_bugs.cc: they must understand fibers, find what is wrong, name
// the kernel's lines, and be silent about correct kernels.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace axlut {
namespace {

struct Finished {
  int exit_code = -1;
  std::string output;
};

Finished RunPlanted(const std::string& sanitizer, const std::string& kernel) {
  // Nothing is left to a caller's options.
  const std::string command = "env -u TSAN_OPTIONS -u ASAN_OPTIONS " AXLUT_BINARY_DIR
                              "/tests/planted_bugs_" +
                              sanitizer + " " + kernel + " 2>&1";
  Finished finished;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return finished;
  std::array<char, 4096> chunk;
  for (size_t n = 0; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
    finished.output.append(chunk.data(), n);
  }
  finished.exit_code = WEXITSTATUS(pclose(pipe));
  return finished;
}

// ":<line>" of the line of planted_bugs.cc that ends with the comment `mark`.
std::string PlaceOf(const std::string& mark) {
  std::ifstream file(AXLUT_SOURCE_DIR "/kernels/cuda/host/planted_bugs.cc");
  int number = 1;
  for (std::string line; std::getline(file, line); ++number) {
    if (line.ends_with("  // " + mark)) return "planted_bugs.cc:" + std::to_string(number);
  }
  ADD_FAILURE() << "no line with " << mark;
  return "";
}

class Sanitizers : public testing::Test {
 protected:
  void ExpectFound(const std::string& sanitizer, const std::string& kernel,
                   const std::string& message, const std::vector<std::string>& marks) {
    const Finished finished = RunPlanted(sanitizer, kernel);
    if (finished.output.find("unexpected memory mapping") != std::string::npos) {
      GTEST_SKIP() << "ThreadSanitizer of GCC 12 needs vm.mmap_rnd_bits <= 28";
    }
    EXPECT_NE(finished.exit_code, 0);
    EXPECT_NE(finished.output.find(message), std::string::npos) << finished.output;
    for (const std::string& mark : marks) {
      EXPECT_NE(finished.output.find(PlaceOf(mark)), std::string::npos)
          << mark << " is not named:\n"
          << finished.output;
    }
  }
  void ExpectClean(const std::string& sanitizer, const std::string& kernel) {
    const Finished finished = RunPlanted(sanitizer, kernel);
    if (finished.output.find("unexpected memory mapping") != std::string::npos) {
      GTEST_SKIP() << "ThreadSanitizer of GCC 12 needs vm.mmap_rnd_bits <= 28";
    }
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(finished.output, "finished\n");
  }
};

TEST_F(Sanitizers, ThreadSanitizerIsSilentAboutCorrectKernels) {
  ExpectClean("thread", "Correct");
  ExpectClean("thread", "CorrectWarp");
  ExpectClean("thread", "CorrectAtomics");
}

TEST_F(Sanitizers, ThreadSanitizerFindsAMissingBarrierBeforeReading) {
  ExpectFound("thread", "NoFirstBarrier", "data race", {"race: write", "race: read"});
}

TEST_F(Sanitizers, ThreadSanitizerFindsAMissingBarrierBeforeOverwriting) {
  ExpectFound("thread", "NoSecondBarrier", "data race", {"race: write", "race: read"});
}

TEST_F(Sanitizers, ThreadSanitizerFindsAMissingSyncwarp) {
  ExpectFound("thread", "NoSyncwarp", "data race", {"warp race: write", "warp race: read"});
}

TEST_F(Sanitizers, ThreadSanitizerKnowsThatShufflesDoNotOrderMemory) {
  ExpectFound("thread", "ShuffleInstead", "data race",
              {"shuffle race: write", "shuffle race: read"});
}

TEST_F(Sanitizers, ThreadSanitizerFindsBlocksThatWriteOnePlace) {
  ExpectFound("thread", "BlocksOverlap", "data race", {"block race"});
}

TEST_F(Sanitizers, AddressSanitizerIsSilentAboutCorrectKernels) {
  ExpectClean("address", "Correct");
  ExpectClean("address", "CorrectWarp");
}

TEST_F(Sanitizers, AddressSanitizerNamesAWriteBehindAnAllocation) {
  ExpectFound("address", "WriteBehind", "heap-buffer-overflow", {"out of bounds"});
}

TEST_F(Sanitizers, AddressSanitizerNamesAWriteBehindSharedMemory) {
  ExpectFound("address", "WriteBehindShared", "ERROR: AddressSanitizer", {"out of shared memory"});
}

TEST_F(Sanitizers, UndefinedBehaviourSanitizerNamesAMisalignedLoad) {
  ExpectFound("address", "Misaligned", "misaligned address", {"misaligned"});
}

}  // namespace
}  // namespace axlut
