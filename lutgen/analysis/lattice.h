// SPDX-License-Identifier: MIT
// Short bases of integer lattices. The only file that uses FLINT (libflint).
#pragma once

#include "lutgen/analysis/int_matrix.h"

namespace axlut {

// A basis of the lattice that the rows of `generators` span, LLL-reduced for the distance from the
// rows' means: what counts is how far the entries of a row lie apart. The first column of
// `generators` must be 0 and the rows must not be constant unless 0; both hold for the basis, too.
IntMatrix ReducedBasis(const IntMatrix& generators);

}  // namespace axlut
