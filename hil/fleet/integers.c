/* Python's integers, as far as 31 bits go. With CHECKED, everything that leaves 31 bits sets the flag too. */
#include <stdint.h>
#include <string.h>

static __thread int32_t fault; /* 1 an index, 2 a division or shift, 4 more than 31 bits */

static inline int32_t list_index(int32_t i, int32_t length) {
  if (i >= 0 && i < length) return i;
  fault |= 1;
  return 0;
}
#define INDEX(i, length) list_index(i, length)

static inline int32_t floor_div(int32_t a, int32_t b) {
  if (b == 0) {
    fault |= 2;
    return 0;
  }
  int32_t q = a / b;
  return q - ((a % b != 0) & ((a ^ b) < 0));
}

static inline int32_t floor_mod(int32_t a, int32_t b) {
  if (b == 0) {
    fault |= 2;
    return 0;
  }
  int32_t r = a % b;
  return r != 0 && (r ^ b) < 0 ? r + b : r;
}

static inline int32_t shift_right(int32_t a, int32_t by) {
  if (by < 0) fault |= 2;
  return a >> (by & ~31 ? 31 : by);
}

#ifdef CHECKED
static inline int32_t within(int64_t x) {
  if (x < -(1 << 30) || x >= 1 << 30) fault |= 4;
  return (int32_t)x;
}
#define ADD(a, b) within((int64_t)(a) + (b))
#define SUB(a, b) within((int64_t)(a) - (b))
#define MUL(a, b) within((int64_t)(a) * (b))
#else
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#endif
