// SPDX-License-Identifier: MIT
#include "sim/simulator_source.h"

#include <fmt/format.h>

namespace axlut {
namespace {

// Facts that explain the driver:
// - Every operand pair is evaluated twice: by a model whose uninitialised state is all zeros in
//   ascending order, and by one with all ones in descending order. For a combinational, fully
//   driven design both agree. A latch, a flip-flop, or a net without a driver that reaches the
//   product shows up as a difference.
// - vl_fatal and its like end Verilator's default runtime with abort(); here they report the
//   operand pair. vl_warn is how a missing $readmemh file is reported: as fatal as the others.
constexpr char kDriver[] = R"(
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace {

uint64_t current_x = 0;
uint64_t current_y = 0;

[[noreturn]] void Fail(const char* message) {
  std::fprintf(stderr, "%llu %llu %s\n", static_cast<unsigned long long>(current_x),
               static_cast<unsigned long long>(current_y), message);
  std::fflush(stderr);
  std::_Exit(11);
}

}  // namespace

void vl_fatal(const char*, int, const char*, const char* message) VL_MT_UNSAFE { Fail(message); }
void vl_warn(const char*, int, const char*, const char* message) VL_MT_UNSAFE { Fail(message); }
void vl_finish(const char*, int, const char*) VL_MT_UNSAFE { Fail("$finish was called"); }
void vl_stop(const char*, int, const char*) VL_MT_UNSAFE { Fail("$stop was called"); }

namespace {

struct Header {
  char magic[8];
  uint32_t width_x, width_y, width_product, outer_is_y;
  uint64_t first, count;
};

struct Model {
  explicit Model(int reset) : context(new VerilatedContext) {
    context->randReset(reset);
    dut.reset(new Vdut(context.get()));
  }
  ~Model() { dut.reset(); }
  uint32_t Product(uint64_t x, uint64_t y) {
    current_x = x;
    current_y = y;
    dut->axlut_x = x;
    dut->axlut_y = y;
    dut->eval();
    return dut->axlut_product;
  }
  std::unique_ptr<VerilatedContext> context;
  std::unique_ptr<Vdut> dut;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  Header header;
  std::memcpy(header.magic, "AXLSIM01", 8);
  header.outer_is_y = argv[1][0] == 'y';
  header.first = std::strtoull(argv[2], nullptr, 10);
  const uint64_t last = std::strtoull(argv[3], nullptr, 10);
  header.width_x = std::atoi(argv[4]);
  header.width_y = std::atoi(argv[5]);
  header.width_product = std::atoi(argv[6]);
  const uint64_t inner = uint64_t{1} << (header.outer_is_y ? header.width_x : header.width_y);
  header.count = (last - header.first) * inner;
  std::vector<uint32_t> products(header.count);
  const auto x_of = [&](uint64_t i) {
    return header.outer_is_y ? i % inner : header.first + i / inner;
  };
  const auto y_of = [&](uint64_t i) {
    return header.outer_is_y ? header.first + i / inner : i % inner;
  };
  {
    Model zeros(0);
    for (uint64_t i = 0; i < header.count; ++i) products[i] = zeros.Product(x_of(i), y_of(i));
  }
  Model ones(1);
  for (uint64_t i = header.count; i-- > 0;) {
    const uint32_t again = ones.Product(x_of(i), y_of(i));
    if (again == products[i]) continue;
    std::fprintf(stderr, "%llu %llu %u %u\n", static_cast<unsigned long long>(x_of(i)),
                 static_cast<unsigned long long>(y_of(i)), products[i], again);
    return 10;
  }
  FILE* file = std::fopen(argv[7], "wb");
  if (file == nullptr) return 12;
  const bool written = std::fwrite(&header, sizeof header, 1, file) == 1 &&
                       std::fwrite(products.data(), 4, products.size(), file) == products.size();
  return std::fclose(file) == 0 && written ? 0 : 12;
}
)";

// Names that our wrapper takes from the user's text are escaped: any name is legal then.
std::string Escaped(const std::string& name) { return "\\" + name + " "; }

}  // namespace

std::string WrapperText(const std::string& top, const SimulatedPorts& ports) {
  const auto declared = [](const char* direction, const RtlPort& port, const char* name) {
    return fmt::format("{} wire [{}:0] {}", direction, port.width - 1, name);
  };
  const auto connected = [](const RtlPort& port, const char* name) {
    return fmt::format(".{}({})", Escaped(port.name), name);
  };
  return fmt::format("module {} ({}, {}, {});\n  {} dut ({}, {}, {});\nendmodule\n", kWrapperModule,
                     declared("input", ports.x, kWrapperX), declared("input", ports.y, kWrapperY),
                     declared("output", ports.product, kWrapperProduct), Escaped(top),
                     connected(ports.x, kWrapperX), connected(ports.y, kWrapperY),
                     connected(ports.product, kWrapperProduct));
}

std::string PdkCellsText() {
  return R"(`resetall
module PDKGENAND2X1(input wire A, input wire B, output wire Y);
  assign Y = A & B;
endmodule
module PDKGENBUFX2(input wire A, output wire Y);
  assign Y = A;
endmodule
module PDKGENHAX1(input wire A, input wire B, output wire YS, output wire YC);
  assign YS = A ^ B;
  assign YC = A & B;
endmodule
module PDKGENFAX1(input wire A, input wire B, input wire C, output wire YS, output wire YC);
  assign YS = A ^ B ^ C;
  assign YC = (A & B) | (A & C) | (B & C);
endmodule
)";
}

std::string DriverText(const std::vector<std::string>& model_sources) {
  std::string text = "#include \"Vdut.h\"\n#include \"verilated.h\"\n";
  for (const std::string& source : model_sources) {
    text += fmt::format("#include \"{}\"\n", source);
  }
  return text + kDriver;
}

std::string RuntimeText() {
  return "#include \"verilated.cpp\"\n#include \"verilated_threads.cpp\"\n";
}

}  // namespace axlut
