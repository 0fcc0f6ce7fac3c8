/* Many cells a call, W at a time: what `twin.plant.Plant` does with one. Needs lanes_step, and lanes_quick and
   lanes_fine where the model HAS_FAST ones; the sizes STATES, INPUTS, PREPARED, OUTPUTS, EVENTS, and W.

   Limits are those of a Plant, the range of its voltage last: entry i of the block's cell l at [i * W + l].
   State and what is prepared from parameters lie in blocks of W cells: entry i of the block's cell l at [i * W + l].
   Inputs and outputs lie as the caller sees them: entry i of cell c at [i * n + c].
*/
#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK(name, entries) double name[(entries) * W] __attribute__((aligned(64)))
#define AS(v) ((void *)(v))
enum { WEIGHT_OF_CURRENT = 0, LEAK = 8, LENGTH = 9 };
enum { SHOWN_VOLTAGE = 0, SHOWN_CURRENT = 1, SHOWN_LITHIUM = 5, SHOWN_CONTACT = 6, SHOWN_TEMPERATURE = 7,
       SHOWN_CAPACITY = 11 };
enum { LOWER, UPPER, LEAST_A, LEAST_Ah, MOST_Ah, BOTTOM, TOP, LIMITS };
/* Events after the model's own, as twin.plant names them: its LIMITS, then its BOUNDS. */
enum { AT_LOWER = EVENTS, AT_UPPER, AT_CURRENT, AT_CHARGE, OUT_OF_RANGE, NO_CONTACT, NO_TEMPERATURE };

static void general(const double *y, const double *u, const double *p, double *next, double *out, double *events) {
  lanes_step(AS(y), AS(u), AS(p), AS(next), AS(out), AS(events));
}

#if HAS_FAST
static void fast(int64_t kind, const double *y, const double *u, const double *p, double *next, double *out,
                 double *events) {
  if (kind == 1) lanes_quick(AS(y), AS(u), AS(p), AS(next), AS(out), AS(events));
  else lanes_fine(AS(y), AS(u), AS(p), AS(next), AS(out), AS(events));
}
#endif

static void take(double *to, const double *from, int entries, int l) {
  for (int i = 0; i < entries; i++) to[i * W + l] = from[i * W + l];
}

/* One step of a block by the function a Plant would choose for each cell. `kind`: 0 only the general one, 1 quick,
   2 fine, with `q` prepared for it. */
void fleet_advance(int64_t kind, const double *y, const double *u, const double *p, const double *q, double *next,
                   double *out, double *events) {
#if HAS_FAST
  int simple[W], count = 0;
  for (int l = 0; l < W; l++)
    count += simple[l] = u[WEIGHT_OF_CURRENT * W + l] == 1.0 && u[LEAK * W + l] == 0.0;
  if (kind && count) {
    fast(kind, y, u, q, next, out, events);
    if (count == W) return;
    BLOCK(other, STATES); BLOCK(found, OUTPUTS); BLOCK(met, EVENTS);
    general(y, u, p, other, found, met);
    for (int l = 0; l < W; l++) {
      if (simple[l]) continue;
      take(next, other, STATES, l);
      take(out, found, OUTPUTS, l);
      take(events, met, EVENTS, l);
    }
    return;
  }
#endif
  (void)kind, (void)q;
  general(y, u, p, next, out, events);
}

/* The first event of a cell, the first of all stands for any; -1 for none. */
static int32_t happened(const double *events, int l) {
  if (events[l] > 0.0) return -1;
  for (int i = 1; i < EVENTS; i++)
    if (!(events[i * W + l] > 0.0)) return i;
  return 0;
}

static int within(const double *out, const double *limits, int l) {
  double current = out[SHOWN_CURRENT * W + l], passed = out[SHOWN_CAPACITY * W + l], least = limits[LEAST_A * W + l];
  return !(-least <= current && current <= least) && limits[LEAST_Ah * W + l] < passed && passed < limits[MOST_Ah * W + l];
}

static int in_range(const double *out, const double *limits, int l) {
  double v = out[SHOWN_VOLTAGE * W + l];
  return limits[BOTTOM * W + l] < v && v < limits[TOP * W + l];
}

/* Whether the step just computed meets no event and no limit. */
static int holds(const double *events, const double *out, const double *limits, int l) {
  double v = out[SHOWN_VOLTAGE * W + l], temperature = out[SHOWN_TEMPERATURE * W + l];
  return events[l] > 0.0 && limits[LOWER * W + l] < v && v < limits[UPPER * W + l] && in_range(out, limits, l) &&
         COLDEST < temperature && temperature < HOTTEST &&
         (BARE < 0 || out[SHOWN_LITHIUM * W + l] >= LEAST_LITHIUM) && within(out, limits, l);
}

/* What has happened, as `twin.plant.Plant` names it. */
static int32_t which(const double *events, const double *out, const double *limits, int l) {
  int32_t event = happened(events, l);
  double v = out[SHOWN_VOLTAGE * W + l];
  if (event >= 0) return event;
  if (!(limits[LOWER * W + l] < v)) return AT_LOWER;
  if (!(v < limits[UPPER * W + l])) return AT_UPPER;
  if (!within(out, limits, l)) return fabs(out[SHOWN_CURRENT * W + l]) <= limits[LEAST_A * W + l] ? AT_CURRENT : AT_CHARGE;
  if (BARE >= 0 && events[(BARE < 0 ? 0 : BARE) * W + l] < 2.0) return BARE;
  if (in_range(out, limits, l)) return NO_TEMPERATURE;
  return out[SHOWN_CONTACT * W + l] < LEAST_CONTACT ? NO_CONTACT : OUT_OF_RANGE;
}

static int all_finite(const double *values, int entries, int l) {
  for (int i = 0; i < entries; i++)
    if (!isfinite(values[i * W + l])) return 0;
  return 1;
}

static void spread(double *to, const double *from, int entries, int l) {
  for (int i = 0; i < entries; i++)
    for (int k = 0; k < W; k++) to[i * W + k] = from[i * W + l];
}

/* Cell l of a block by one step of dt through the general function, stopped within it by bisection where it meets an
   event or a limit; `tried`: it is known to meet one. Event 1 and nothing done where numbers went wrong.
   How much was done [s]. */
static double general_step(double *y, const double *u, const double *p, double *out, double dt, int l,
                           const double *limits, int tried, int32_t *event) {
  BLOCK(y1, STATES); BLOCK(u1, INPUTS); BLOCK(p1, PREPARED);
  BLOCK(then, STATES); BLOCK(found, OUTPUTS); BLOCK(events, EVENTS);
  spread(y1, y, STATES, l);
  spread(u1, u, INPUTS, l);
  spread(p1, p, PREPARED, l);
#define TRY(length) \
  for (int k = 0; k < W; k++) u1[LENGTH * W + k] = (length); \
  general(y1, u1, p1, then, found, events)
  double low = 0.0, high = dt;
  *event = -1;
  if (!tried) {
    TRY(dt);
    if (holds(events, found, limits, l)) low = dt;
  }
  if (low < dt) {
    for (int i = 0; i < 40; i++) {
      double middle = (low + high) / 2;
      if (middle == 0.0) break;
      TRY(middle);
      if (holds(events, found, limits, l)) low = middle; else high = middle;
    }
    TRY(high);
    *event = which(events, found, limits, l);
    if (low == 0.0) {
      /* What was asked for did not flow: the cell shows its open circuit, its state left alone. */
      for (int i = 0; i < 4; i++)
        for (int k = 0; k < W; k++) u1[i * W + k] = i == WEIGHT_OF_CURRENT;
      TRY(1e-12);
      if (!all_finite(u, INPUTS, l) || !all_finite(then, STATES, l) || !all_finite(found, OUTPUTS, l)) {
        *event = 1;
        return 0.0;
      }
    } else {
      TRY(low);
    }
  }
  if (low > 0.0) take(y, then, STATES, l);
  take(out, found, OUTPUTS, l);
  return low;
#undef TRY
}

/* Cell l of a block met an event or a limit within dt: stop it just before. How much was done [s]. */
double fleet_stop(double *y, const double *u, const double *p, double *out, double dt, int64_t cell,
                  const double *limits, int32_t *event) {
  return general_step(y, u, p, out, dt, (int)cell, limits, 1, event);
}

/* What `twin.plant.Plant.part` does with one: cell l by dt through the general function. How much was done [s]. */
double fleet_part(double *y, const double *u, const double *p, double *out, double dt, int64_t cell,
                  const double *limits, int32_t *event) {
  if (dt <= LONGEST) return general_step(y, u, p, out, dt, (int)cell, limits, 0, event);
  int64_t pieces = (int64_t)ceil(dt / LONGEST);
  for (int64_t k = 0; k < pieces; k++) {
    double done = general_step(y, u, p, out, dt / (double)pieces, (int)cell, limits, 0, event);
    if (*event >= 0) return done + (double)k * dt / (double)pieces;
  }
  return dt;
}

int fleet_holds(const double *events, const double *out, const double *limits, int64_t cell) {
  return holds(events, out, limits, (int)cell);
}

/* One block by `pieces` steps of `piece` seconds; a cell that met an event stays where it stopped. */
static void advance(int64_t kind, double *y, const double *u, const double *p, const double *q, double *out,
                    double piece, int64_t pieces, const double *limits, int32_t *event, double *done) {
  BLOCK(next, STATES); BLOCK(found, OUTPUTS); BLOCK(events, EVENTS);
  for (int l = 0; l < W; l++) {
    event[l] = -1;
    done[l] = 0.0;
  }
  for (int64_t k = 0; k < pieces; k++) {
    fleet_advance(kind, y, u, p, q, next, found, events);
    for (int l = 0; l < W; l++) {
      if (event[l] >= 0) continue;
      if (holds(events, found, limits, l)) {
        take(y, next, STATES, l);
        done[l] += piece;
      } else {
        done[l] += fleet_stop(y, u, p, found, piece, l, limits, &event[l]);
      }
      take(out, found, OUTPUTS, l);
    }
  }
}

/* Blocks from `first` up to `last` of n cells; `entries` of q per cell. */
void fleet_step(int64_t first, int64_t last, int64_t n, int64_t kind, int64_t entries, double piece, int64_t pieces,
                double *states, const double *prepared, const double *q, const double *inputs, const double *limits,
                double *outputs, int32_t *event, double *done) {
  BLOCK(u, INPUTS); BLOCK(out, OUTPUTS); BLOCK(limit, LIMITS);
  int32_t events[W];
  double lengths[W];
  for (int64_t b = first; b < last; b++) {
    int64_t cells = n - b * W < W ? n - b * W : W;
    for (int i = 0; i < LENGTH; i++)
      for (int l = 0; l < W; l++) u[i * W + l] = inputs[i * n + b * W + (l < cells ? l : cells - 1)];
    for (int i = 0; i < LIMITS; i++)
      for (int l = 0; l < W; l++) limit[i * W + l] = limits[i * n + b * W + (l < cells ? l : cells - 1)];
    for (int l = 0; l < W; l++) u[LENGTH * W + l] = piece;
    advance(kind, states + b * STATES * W, u, prepared + b * PREPARED * W, q + b * entries * W, out, piece, pieces,
            limit, events, lengths);
    for (int i = 0; i < OUTPUTS; i++)
      for (int l = 0; l < cells; l++) outputs[i * n + b * W + l] = out[i * W + l];
    memcpy(event + b * W, events, (size_t)cells * sizeof *event);
    memcpy(done + b * W, lengths, (size_t)cells * sizeof *done);
  }
}
