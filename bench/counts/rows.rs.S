/* SPDX-License-Identifier: GPL-2.0 */
#define ALLOCATED(var) var
#define ROW(op, type, place, c, rust) \
	[#op #type #place percpu_bench_##op##_##type##_##place rust_##op##_##type##_##place type] { rust }
#define C_ROW(op, type, place, c) \
	[#op #type #place percpu_bench_##op##_##type##_##place rust_##op##_##type##_##place type] ;
// Cut here.
rows! {
(v w zero count hist locked built user pinned)
#include "rows.h"
}
