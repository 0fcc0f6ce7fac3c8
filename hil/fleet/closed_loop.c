/* Many closed loops: what `hil.loop` does with one, in the same order and with the same roundings, so that the frames
   of a cell are those of a single run given the same noise. Needs the translated controller, `struct Cell` and
   `struct Phase` from closed_loop.py, its enum of
   `controller.frames`; the sizes N_STATES, N_INPUTS, N_PREPARED, N_OUTPUTS, N_EVENTS, and W.

   Blocks of W cells are advanced together; what is not the plant is done cell by cell.
*/
#include <math.h>

#define BLOCK(name, entries) double name[(entries) * W] __attribute__((aligned(64)))

enum { LOCKED, STEPPER, REGULATOR };
enum { NO_PERMIT, FOR_CHARGE, FOR_DISCHARGE, AS_MEASURED };
enum { PASSING, OPENED, WAITING, FINISHED };
enum { COMPLETE = 1, OVER_UPPER, UNDER_LOWER, NO_VOLTAGE, NO_CURRENT, PERMITS_LOW, TRIPPED_RUN, NOT_ARMED, MODEL_LIMIT,
       STOPPED_EARLY };
enum { VOLTAGE, CURRENT, PRESSURE, FORCE, FRAME_TEMPERATURE = 8, CAPACITY = 11 };
/* Of fleet.c: limits of a cell, and its events past those of the model. */
enum { LOWER, UPPER, LEAST_A, LEAST_Ah, MOST_Ah, BOTTOM, TOP, LIMITS };
enum { AT_LOWER = N_EVENTS, AT_UPPER, AT_CURRENT, AT_CHARGE };
static const double NEAR = 1e-9, ROUNDING = 1 - 4e-16;

/* ---- Noise: a counter, hashed (splitmix64), through the inverse of the normal distribution (Wichura 1988, AS 241). */

static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static uint64_t stream_of(uint64_t seed, uint64_t number, uint64_t stream) {
  return mix(mix(mix(seed + 0x9e3779b97f4a7c15u) + number * 0xd1342543de82ef95u) + stream * 0x9e3779b97f4a7c15u);
}

static double tail(double q, double p) {
  double r = sqrt(-log(p)), x;
  if (r <= 5.0) {
    r -= 1.6;
    x = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r +
             1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r +
          4.63033784615654529590e0) * r + 1.42343711074968357734e0) /
        (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r +
             1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r +
          2.05319162663775882187e0) * r + 1.0);
  } else {
    r -= 5.0;
    x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r +
             2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r +
          5.46378491116411436990e0) * r + 6.65790464350110377720e0) /
        (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r +
             7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r +
          5.99832206555887937690e-1) * r + 1.0);
  }
  return q < 0.0 ? -x : x;
}

static double normal(uint64_t stream, uint64_t i) {
  double p = ((double)(mix(stream + i * 0x9e3779b97f4a7c15u) >> 11) + 0.5) * 0x1p-53, q = p - 0.5;
  if (fabs(q) > 0.425) return tail(q, q < 0.0 ? p : 1.0 - p);
  double r = 0.180625 - q * q;
  return q *
         (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r +
              4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r +
           1.3314166789178437745e2) * r + 3.3871328727963666080e0) /
         (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r +
              2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r +
           4.2313330701600911252e1) * r + 1.0);
}

void noise(uint64_t seed, uint64_t number, uint64_t stream, int64_t count, double *out) {
  for (int64_t i = 0; i < count; i++) out[i] = normal(stream_of(seed, number, stream), (uint64_t)i);
}

/* ---- hil.sensors */

static void convert(struct Cell *c, double force, double temperature) {
  double a = c->forces[0], b = c->forces[1], last = c->forces[2];
  c->forces[0] = force;
  c->forces[1] = a;
  c->forces[2] = b;
  double seen = (force + 11.0 * (a + b) + last) / 24.0;
  double warm = temperature - c->calibration_K;
  double counts = rint(c->zero + c->offset + c->drift_counts * warm +
                       seen * c->counts_per_N * (1.0 + c->span_drift * warm) +
                       c->noise_counts * normal(c->force_stream, c->force_drawn++));
  c->counts = (int32_t)(counts < -8388608.0 ? -8388608.0 : counts > 8388607.0 ? 8388607.0 : counts);
  c->sample = (c->sample + 1) & 0xffff;
}

static void read_force(struct Cell *c, double tick_ms) {
  c->ticks_ms += tick_ms;
  while (c->ticks_ms >= c->period_ms) {
    c->ticks_ms -= c->period_ms;
    convert(c, c->force, c->frame_K);
  }
}

static int32_t read_current(struct Cell *c) {
  double seen = c->current * 1e6 + c->current_offset + c->current_noise * normal(c->current_stream, c->current_drawn++);
  return (int32_t)(int64_t)rint(rint(seen / c->resolution) * c->resolution);
}

/* ---- hil.actuators */

static double between(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static void move(struct Cell *c, int32_t counts) {
  if (c->late_ticks) {
    int32_t *slot = (int32_t *)c->late + c->late_at;
    int32_t old = *slot;
    *slot = counts;
    counts = old;
    if (++c->late_at == c->late_ticks) c->late_at = 0;
  }
  if (counts == 0 || c->actuator == LOCKED) return;
  if (c->actuator == REGULATOR) {
    c->code = c->code + counts < 0 ? 0 : c->code + counts > c->most ? c->most : c->code + counts;
    c->supply = c->code * c->per_code;
    return;
  }
  c->motor = between(c->motor + counts * c->microstep, c->low - c->overrun, c->high + c->overrun);
  c->nut = between(c->nut, c->motor, c->motor + c->backlash);
  c->position = c->nut * 1e-6;
  c->switches = (c->motor <= c->low ? 1 : 0) | (c->motor >= c->high ? 2 : 0);
}

/* ---- hil.operator */

static void say(struct Cell *c) {
  c->message[0] = c->message[1] = c->message[2] = 0;
  if (c->confirmed && c->set) return;
  c->message[0] = c->confirmed ? M_SETPOINT : M_CONFIRM;
  c->message[2] = c->confirmed ? c->setpoint : 0;
}

static void see(struct Cell *c, const int32_t *command) {
  int32_t sent = c->message[0], left = !(c->confirmed && c->set);
  c->message[0] = c->message[1] = c->message[2] = 0;
  if (command[STATE] != IDLE) {
    c->waiting = 0;
  } else if (left) {
    if (command[EVENT] == E_DONE) {
      if (!c->confirmed) c->confirmed = sent == M_CONFIRM;
      else c->set = sent == M_SETPOINT;
    }
    say(c);
  } else if (command[BLOCKS] == 0) {
    c->message[0] = M_ARM;
  }
}

/* ---- hil.cycler */

static void enter(struct Cell *c, int32_t index) {
  const struct Phase *p = (const struct Phase *)c->phases + index;
  c->phase = index;
  c->phase_s = c->phase_C = c->counted_from = c->length = c->counted = 0.0;
  c->due = p->duration;
  c->charge_end = p->charge * (1 - NEAR * 1e-3);
  c->above = p->above < c->upper_V ? p->above : c->upper_V;
  c->below = p->below > c->lower_V ? p->below : c->lower_V;
  c->least_Ah = -INFINITY;
  c->most_Ah = INFINITY;
  if (p->voltage) {
    c->least_Ah = (c->charge_C - p->charge) / 3600;
    c->most_Ah = (c->charge_C + p->charge) / 3600;
  } else if (p->value != 0.0 && isfinite(p->charge)) {
    double due = p->charge / fabs(p->value);
    if (due < c->due) c->due = due;
    c->charge_end = INFINITY;
  }
}

static int beyond(struct Cell *c, double v) {
  if (c->lower_V < v && v < c->upper_V) return 0;
  c->cycler = FINISHED;
  c->ended_by = v >= c->upper_V ? OVER_UPPER : v <= c->lower_V ? UNDER_LOWER : NO_VOLTAGE;
  return 1;
}

static void end_phase(struct Cell *c, double voltage, double current) {
  if (beyond(c, voltage)) return;
  if (isnan(current) || isnan(c->phase_C)) {
    c->cycler = FINISHED;
    c->ended_by = NO_CURRENT;
  } else if (c->phase + 1 == c->phase_count) {
    c->cycler = FINISHED;
    c->ended_by = COMPLETE;
  } else {
    enter(c, c->phase + 1);
  }
}

static void idle(struct Cell *c, double dt, double voltage) {
  if (c->cycler == FINISHED) return;
  c->open_for += dt;
  if (beyond(c, voltage)) return;
  if (c->open_for >= c->open_limit) {
    c->cycler = FINISHED;
    c->ended_by = PERMITS_LOW;
  }
}

static void account(struct Cell *c, double seconds, double charge, double voltage, double current, int ended) {
  const struct Phase *p = (const struct Phase *)c->phases + c->phase;
  if (c->cycler != PASSING) {
    idle(c, seconds, voltage);
    return;
  }
  c->phase_C += charge;
  c->charge_C += charge;
  if (seconds == c->length) {
    c->counted += 1.0;
  } else {
    c->counted_from = c->phase_s;
    c->length = seconds;
    c->counted = 1.0;
  }
  c->phase_s = c->counted_from + c->counted * seconds;
  c->run_s += seconds;
  if (ended || !(c->below < voltage && voltage < c->above) || c->phase_s + NEAR * seconds >= c->due * ROUNDING ||
      !(-c->charge_end < c->phase_C && c->phase_C < c->charge_end) || (-p->below_A <= current && current <= p->below_A))
    end_phase(c, voltage, current);
}

static int begun(struct Cell *c, int permit) {
  if (c->cycler == FINISHED || !permit) return 0;
  c->cycler = OPENED;
  c->open_for = 0.0;
  return !beyond(c, c->voltage);
}

static void limit(struct Cell *c, double *limits, int l) {
  const struct Phase *p = (const struct Phase *)c->phases + c->phase;
  int passing = c->cycler == PASSING;
  limits[LOWER * W + l] = passing ? c->below : -INFINITY;
  limits[UPPER * W + l] = passing ? c->above : INFINITY;
  limits[LEAST_A * W + l] = passing ? p->below_A : -INFINITY;
  limits[LEAST_Ah * W + l] = passing ? c->least_Ah : -INFINITY;
  limits[MOST_Ah * W + l] = passing ? c->most_Ah : INFINITY;
}

/* Sets what the plant is asked for over the coming dt, or the shorter span, and where it has to stop; whether it is a
   voltage. */
static int decide(struct Cell *c, double dt, double *u, double *limits, int l) {
  int charge = c->command[OUTPUTS] & 1, discharge = c->command[OUTPUTS] & 2, voltage = 0;
  double value = 0.0;
  c->span = dt;
  if (c->cycler < WAITING || begun(c, charge || discharge)) {
    const struct Phase *p = (const struct Phase *)c->phases + c->phase;
    double left = c->due - c->phase_s;
    int permitted = 1;
    if (p->needs == FOR_CHARGE) permitted = charge;
    else if (p->needs == FOR_DISCHARGE) permitted = discharge;
    else if (p->needs == AS_MEASURED)
      permitted = c->current > 0.0 || (c->current == 0.0 && c->voltage > p->value) ? discharge : charge;
    if (permitted) {
      c->cycler = PASSING;
      if (left < dt * (1 - NEAR)) c->span = left;
      value = p->value;
      voltage = p->voltage;
    } else if (c->cycler == PASSING) {
      c->cycler = OPENED;
      c->open_for = 0.0;
    }
  }
  limit(c, limits, l);
  u[0 * W + l] = !voltage;
  u[1 * W + l] = voltage;
  u[3 * W + l] = value;
  return voltage;
}

/* ---- hil.room */

static void room(struct Cell *c) {
  const double *steps = (const double *)c->room_steps;
  while (c->room_at < c->room_count && c->run_s >= steps[2 * c->room_at]) c->room_K = steps[2 * c->room_at++ + 1];
}

/* ---- hil.loop */

/* All of a tick that comes before the plant. */
static void before(struct Cell *c, double *u, double *limits, int l, const struct Run *run) {
  int32_t frame[9] = {0}, *command = c->command;
  read_force(c, run->tick_ms);
  frame[TIME_ms] = (int32_t)(((c->n + 1) * (int64_t)run->tick_ms) & 0x3fffffff);
  frame[COUNTS] = c->counts;
  frame[SAMPLE] = c->sample;
  frame[CURRENT_uA] = read_current(c);
  frame[SWITCHES] = c->switches;
  for (int i = 0; i < 3; i++) frame[MESSAGE + i] = c->message[i];
  if (c->controlled) {
    Controller_tick(&c->controller, frame, command);
    if (c->waiting) see(c, command);
  }
  if (c->capture) {
    memcpy(c->capture, frame, sizeof frame);
    memcpy((char *)c->capture + sizeof frame, command, sizeof frame);
    c->capture = (char *)c->capture + 2 * sizeof frame;
  }
  move(c, command[MOVE]);
  decide(c, run->dt, u, limits, l);
  room(c);
  u[4 * W + l] = c->position;
  u[5 * W + l] = c->supply;
  u[6 * W + l] = c->room_K;
}

static void measure(struct Cell *c, double pressure, const struct Run *run) {
  if (c->n <= run->settled_from) return;
  /* In use, as in hil.metrics: a policy or a slew moves it. What nobody controls is held to the file's. */
  double target = c->controlled ? 100.0 * c->command[SETPOINT_hPa] : c->target;
  double off = pressure - target;
  c->settled++;
  c->asked += target;
  c->sum += off;
  c->squares += off * off;
  if (off < c->lowest) c->lowest = off;
  if (off > c->highest) c->highest = off;
}

/* How the run ends with this tick, if it does. */
static void judge(struct Cell *c, int32_t event, const struct Run *run) {
  if (event >= 0) {
    c->outcome = MODEL_LIMIT;
    c->event = event;
    return;
  }
  if (c->command[STATE] == TRIPPED) {
    c->tripped = 1;
    if (++c->after_trip * run->dt >= run->after_trip_s) c->outcome = TRIPPED_RUN;
  }
  if (!c->outcome && c->cycler == FINISHED) c->outcome = c->tripped ? TRIPPED_RUN : c->ended_by;
  if (!c->outcome && c->waiting && c->n * run->dt > run->arming_limit_s) c->outcome = NOT_ARMED;
  if (!c->outcome && c->most_ticks && c->n >= c->most_ticks) c->outcome = c->tripped ? TRIPPED_RUN : STOPPED_EARLY;
}

/* All of a tick that comes after the plant; `event` is the model's, -1 for none. */
static void after(struct Cell *c, const double *out, int l, int32_t event, const struct Run *run) {
  double pressure = out[PRESSURE * W + l];
  c->voltage = out[VOLTAGE * W + l];
  c->current = out[CURRENT * W + l];
  c->force = out[FORCE * W + l];
  c->frame_K = out[FRAME_TEMPERATURE * W + l];
  c->passed = out[CAPACITY * W + l];
  c->n++;
  c->faults |= c->command[FAULTS];
  measure(c, pressure, run);
  if (run->every && c->n % run->every == 0) {
    int64_t at = c->number_here * run->slots + c->n / run->every - 1 - run->first_slot;
    run->pressure[at] = pressure;
    run->volts[at] = c->shown;
    run->fault_bits[at] = c->command[FAULTS];
    run->states[at] = c->command[STATE];
  }
  judge(c, event, run);
}

/* Charge of a part of a tick [A.s]. */
static double part_of(const struct Cell *c, const double *u, const double *out, double done, int l) {
  return u[l] == 1.0 ? out[CURRENT * W + l] * done : (out[CAPACITY * W + l] - c->passed) * 3600;
}

/* A tick with nothing in it. */
static void plain(struct Cell *c, const double *u, const double *out, int l, const struct Run *run) {
  double mean = u[l] == 1.0 ? out[CURRENT * W + l] : (out[CAPACITY * W + l] - c->passed) * 3600 / run->dt;
  c->shown = out[VOLTAGE * W + l];
  account(c, run->dt, mean * run->dt, c->shown, out[CURRENT * W + l], 0);
  after(c, out, l, -1, run);
}

/* A tick within which a phase ends, from its first part on, of which `done` seconds are done. */
static void in_parts(struct Cell *c, double *now, double *u, const double *p, double *out, double *limits, int l,
                     int32_t event, double done, const struct Run *run) {
  double left = run->dt;
  int held = 0;
  for (;;) {
    double part = part_of(c, u, out, done, l);
    int at_limit = event >= AT_LOWER && event <= AT_CHARGE;
    left -= done;
    c->passed = out[CAPACITY * W + l];
    double voltage = c->voltage = out[VOLTAGE * W + l];
    c->current = out[CURRENT * W + l];
    if (event >= 0 && !at_limit) {
      c->shown = voltage;
      break;
    }
    if (event == AT_LOWER || event == AT_UPPER) {
      voltage = limits[(event == AT_LOWER ? LOWER : UPPER) * W + l];
      if (done > 0.0) {
        c->shown = c->voltage;
        held = 1;
      }
    }
    account(c, done, part, voltage, c->current, at_limit);
    event = -1;
    if (left <= NEAR * run->dt) {
      if (!held) c->shown = c->voltage;
      break;
    }
    decide(c, left, u, limits, l);
    done = run->part(now, u, p, out, c->span < left ? c->span : left, l, limits, &event);
  }
  after(c, out, l, event, run);
}

static void swap(double **a, double **b) {
  double *old = *a;
  *a = *b;
  *b = old;
}

/* What a block works with: two states and outputs, inputs, limits, and what is prepared. */
struct Work {
  double *now, *next, *out, *found, *events, *u, *limits;
  const double *p, *q;
};

/* One piece of a tick for the cells that take it whole, `whole`; where each stopped within it is in `event`, `done`. */
static void piece_of(struct Work *w, int count, const int *whole, int64_t k, int32_t *event, double *done,
                     const struct Run *run) {
  int fine[W], all = 0;
  double piece = run->dt / (double)run->pieces;
  run->advance(run->kind, w->now, w->u, w->p, w->q, w->next, w->found, w->events);
  for (int l = 0; l < count; l++)
    all += fine[l] = whole[l] && event[l] < 0 && run->holds(w->events, w->found, w->limits, l);
  if (all == count) {
    swap(&w->now, &w->next);
    swap(&w->out, &w->found);
    return;
  }
  for (int l = 0; l < count; l++) {
    if (fine[l]) {
      for (int i = 0; i < N_STATES; i++) w->now[i * W + l] = w->next[i * W + l];
      for (int i = 0; i < N_OUTPUTS; i++) w->out[i * W + l] = w->found[i * W + l];
    } else if (whole[l] && event[l] < 0) {
      done[l] = run->stop(w->now, w->u, w->p, w->out, piece, l, w->limits, &event[l]);
      done[l] += (double)k * run->dt / (double)run->pieces;
    }
  }
}

static void block(struct Cell *cells, int count, double *y, const double *p, const double *q, const struct Run *run) {
  BLOCK(a, N_STATES); BLOCK(b, N_STATES); BLOCK(u, N_INPUTS) = {0}; BLOCK(out, N_OUTPUTS); BLOCK(found, N_OUTPUTS);
  BLOCK(events, N_EVENTS); BLOCK(limits, LIMITS);
  struct Work w = {a, b, out, found, events, u, limits, p, q};
  memcpy(a, y, sizeof a);
  for (int l = 0; l < W; l++) {
    u[l] = 1.0;
    u[5 * W + l] = cells[0].supply;
    u[6 * W + l] = 298.15;
    u[9 * W + l] = run->dt / (double)run->pieces;
    limits[BOTTOM * W + l] = cells[l < count ? l : 0].bottom_V;
    limits[TOP * W + l] = cells[l < count ? l : 0].top_V;
  }
  for (int64_t t = 0; t < run->ticks; t++) {
    int active = 0, whole[W], event[W];
    double done[W];
    for (int l = 0; l < count; l++) {
      whole[l] = 0;
      event[l] = -1;
      if (cells[l].outcome) continue;
      active++;
      before(&cells[l], u, limits, l, run);
      whole[l] = cells[l].span >= run->dt;
    }
    if (!active) break;
    for (int64_t k = 0; k < run->pieces; k++) piece_of(&w, count, whole, k, event, done, run);
    for (int l = 0; l < count; l++) {
      if (cells[l].outcome) continue;
      if (!whole[l]) done[l] = run->part(w.now, u, p, w.out, cells[l].span, l, limits, &event[l]);
      if (whole[l] && event[l] < 0) plain(&cells[l], u, w.out, l, run);
      else in_parts(&cells[l], w.now, u, p, w.out, limits, l, event[l], done[l], run);
    }
  }
  memcpy(y, w.now, sizeof a);
}

/* Blocks from `first` up to `last`; the controllers' faults, 0 for none. */
int32_t fleet_run(int64_t first, int64_t last, const struct Run *run) {
  fault = 0;
  for (int64_t i = first; i < last; i++) {
    int64_t left = run->n - i * W;
    block(run->cells + i * W, left < W ? (int)left : W, run->plant_states + i * N_STATES * W,
          run->prepared + i * N_PREPARED * W, run->fast + i * run->entries * W, run);
  }
  return fault;
}

/* Before the first tick: the controller, the first conversion, the first phase. */
int32_t fleet_start(struct Cell *c, int32_t *config, uint64_t seed, uint64_t number) {
  fault = 0;
  c->force_stream = stream_of(seed, number, 1);
  c->current_stream = stream_of(seed, number, 2);
  c->lowest = INFINITY;
  c->highest = -INFINITY;
  c->cycler = WAITING;
  if (c->controlled) {
    Controller_init(&c->controller, config, 0);
  }
  enter(c, 0);
  convert(c, c->forces[0], c->calibration_K);
  return fault;
}

int64_t cell_size(void) { return sizeof(struct Cell); }
