// SPDX-License-Identifier: MIT
#include "frontend/cmodel/harness.h"

#include <fmt/format.h>

#include <cstddef>

namespace axlut::cmodel {
namespace {

static_assert(sizeof(TypeFacts) == 12 && offsetof(SharedHeader, forbidden_call) == 40 &&
                  offsetof(SharedHeader, compiler_version) == 64 && sizeof(RowRequest) == 48,
              "the C texts below declare the same structures");

// Behind the model's text, so only names of ours may be used: the model may define any other word
// as a macro. {first}, {second}: the parameters' types; {function}: the model.
constexpr char kLoopTemplate[] = R"(
typedef {first} axlut_first;
typedef {second} axlut_second;
typedef __typeof__({function}((axlut_first)0, (axlut_second)0)) axlut_product;

struct axlut_type_facts {{ __INT32_TYPE__ axlut_size, axlut_sign, axlut_integer; }};
/* GCC's classes 1 to 4: integer, character, enumeration, boolean. */
#define AXLUT_FACTS(axlut_type) \
  {{ sizeof(axlut_type), (axlut_type)-1 < (axlut_type)0, \
     __builtin_classify_type((axlut_type)0) >= 1 && __builtin_classify_type((axlut_type)0) <= 4 }}
const struct axlut_type_facts axlut_facts[3] = {{
  AXLUT_FACTS(axlut_first), AXLUT_FACTS(axlut_second), AXLUT_FACTS(axlut_product) }};

void axlut_rows(const __UINT64_TYPE__* axlut_request, volatile __UINT64_TYPE__* axlut_row_now,
                __UINT64_TYPE__* axlut_products) {{
  const __UINT64_TYPE__ axlut_columns = axlut_request[2], axlut_swap = axlut_request[3];
  const int axlut_rs = (int)axlut_request[4], axlut_cs = (int)axlut_request[5];
  for (__UINT64_TYPE__ axlut_r = 0; axlut_r < axlut_request[1]; ++axlut_r) {{
    *axlut_row_now = axlut_request[0] + axlut_r;
    const __INT64_TYPE__ axlut_x =
        (__INT64_TYPE__)((axlut_request[0] + axlut_r) << axlut_rs) >> axlut_rs;
    for (__UINT64_TYPE__ axlut_c = 0; axlut_c < axlut_columns; ++axlut_c) {{
      const __INT64_TYPE__ axlut_y = (__INT64_TYPE__)(axlut_c << axlut_cs) >> axlut_cs;
      const __INT64_TYPE__ axlut_p = axlut_swap ? axlut_y : axlut_x;
      const __INT64_TYPE__ axlut_q = axlut_swap ? axlut_x : axlut_y;
      *axlut_products++ = (__UINT64_TYPE__){function}((axlut_first)axlut_p, (axlut_second)axlut_q);
    }}
  }}
}}
)";

// The program. Descriptor 3: requests and answers; 4: the shared memory. The filter is installed
// by the earliest constructor, so a model's own constructors run under it; whatever runs even
// before that is under InstallStartFilter()'s.
constexpr char kMainText[] = R"(
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct type_facts { int32_t size, sign, integer; };
struct shared {
  struct type_facts types[3];
  int32_t padding;
  volatile int64_t forbidden_call;
  volatile uint64_t failed_alloc;
  volatile uint64_t row;
  char compiler_version[64];
};
extern const struct type_facts axlut_facts[3];
void axlut_rows(const uint64_t* request, volatile uint64_t* row_now, uint64_t* products);

static struct shared* shared;

static void on_forbidden_call(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  shared->forbidden_call = (int64_t)info->si_syscall + 1;
  syscall(__NR_exit_group, 113);
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARGUMENT(i) LOAD(args[i])  /* its low word */
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW(call) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1), RETURN(SECCOMP_RET_ALLOW)
/* Allowed if argument i lies in low .. high. */
#define ALLOW_RANGE(call, i, low, high) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 5), LOAD_ARGUMENT(i), \
  BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, low, 0, 2), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, high, 1, 0), \
  RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_TRAP)

static int install_filter(void) {
  const uint32_t self = (uint32_t)getpid();
  struct sock_filter filter[] = {
    LOAD(nr),
    /* computing, memory, ending (abort() sends a signal to itself) */
    ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise), ALLOW(brk),
    ALLOW(exit), ALLOW(exit_group), ALLOW(rt_sigreturn), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask),
    ALLOW(sigaltstack), ALLOW(getpid), ALLOW(gettid), ALLOW(futex), ALLOW(getrandom),
    ALLOW(clock_gettime), ALLOW(gettimeofday), ALLOW(sched_yield), ALLOW(lseek), ALLOW(fstat),
#ifdef __NR_newfstatat
    ALLOW(newfstatat),
#endif
    ALLOW_RANGE(tgkill, 0, self, self),
    /* the protocol; printf into standard output and error, which are /dev/null */
    ALLOW_RANGE(read, 0, 3, 3), ALLOW_RANGE(write, 0, 1, 3), ALLOW_RANGE(writev, 0, 1, 2),
    /* stdio asks whether its output is a terminal */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOTTY),
    RETURN(SECCOMP_RET_TRAP)
  };
  const struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

__attribute__((constructor(101))) static void confine(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_forbidden_call;
  action.sa_flags = SA_SIGINFO;
  shared = mmap(0, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, 4, 0);
  if (shared == MAP_FAILED || sigaction(SIGSYS, &action, 0) != 0) _exit(112);
  close(4);
  if (install_filter() != 0) _exit(112);
}

static void* checked(void* memory, size_t bytes) {
  if (memory == 0 && bytes != 0) shared->failed_alloc = bytes;
  return memory;
}
void* __real_malloc(size_t);
void* __real_calloc(size_t, size_t);
void* __real_realloc(void*, size_t);
void* __wrap_malloc(size_t n) { return checked(__real_malloc(n), n); }
void* __wrap_calloc(size_t n, size_t m) { return checked(__real_calloc(n, m), n * m); }
void* __wrap_realloc(void* p, size_t n) { return checked(__real_realloc(p, n), n); }

int main(void) {
  uint64_t request[6];
  memcpy(shared->types, axlut_facts, sizeof shared->types);
  strncpy(shared->compiler_version, __VERSION__, sizeof shared->compiler_version - 1);
  while (syscall(__NR_write, 3, "+", 1) == 1 &&
         syscall(__NR_read, 3, request, sizeof request) == (long)sizeof request) {
    axlut_rows(request, &shared->row, (uint64_t*)((char*)shared + PRODUCTS_OFFSET));
  }
  syscall(__NR_exit_group, 0);
  return 0;
}
)";

// `text` as a C string without the quotes around it.
std::string EscapeForC(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

}  // namespace

std::string ModelSource(const std::string& text, const std::string& file) {
  // An editor's byte order mark is only allowed at the start of a file, which this is not.
  const std::string_view bom = "\xEF\xBB\xBF";
  const std::string_view body =
      std::string_view(text).substr(text.compare(0, bom.size(), bom) == 0 ? bom.size() : 0);
  return fmt::format("#define main {}\n# 1 \"{}\"\n{}\n", kRenamedMain, EscapeForC(file), body);
}

std::string LoopSource(const std::string& text, const std::string& file,
                       const FunctionDefinition& function) {
  return ModelSource(text, file) + fmt::format("# 1 \"{}\"\n", kLoopFile) +
         fmt::format(kLoopTemplate, fmt::arg("first", function.parameters[0].type),
                     fmt::arg("second", function.parameters[1].type),
                     fmt::arg("function", function.name));
}

const std::string& MainSource() {
  static const std::string text =
      fmt::format("#define SHARED_BYTES {}\n#define PRODUCTS_OFFSET {}\n",
                  kProductsOffset + kMostProducts * sizeof(uint64_t), kProductsOffset) +
      kMainText;
  return text;
}

const std::vector<std::string>& LinkOptions() {
  static const std::vector<std::string> options = {"-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc",
                                                   "-lm"};
  return options;
}

}  // namespace axlut::cmodel
