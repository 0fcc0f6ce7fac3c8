"""`make proof`: every claim of claims.py, for all states, records and frames; a table at the end.

    PYTHONPATH=tests/property python tests/proof/prove.py [--only WORDS] [--workers N] [--seconds N]

The exit code is 0 when everything is proven, else 1; what is refuted comes with a counterexample.
"""

import argparse
import multiprocessing
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import lemmas
import z3
from filter_alone import FilterAlone
from rich.console import Console
from rich.progress import track
from rich.table import Table
from whole_controller import Changed, Moved, WholeController, WholeTick, Writing

import controller.controller

AT_A_TIME = 12
PROVEN, REFUTED, OPEN, MET = "proven", "REFUTED", "open", "met"
SUBJECTS = {
    "the filter alone": FilterAlone,
    "the whole controller": WholeController,
    "a record that changes by itself": Changed,
    "writing a parameter": Writing,
    "a move told": Moved,
    "all of a tick": WholeTick,
}


@dataclass(frozen=True)
class Question:
    """Does ``goal`` follow from ``facts``? Or, where ``met``, can it be so at all?"""

    group: str
    name: str
    facts: list
    goal: z3.BoolRef
    met: bool = False


@dataclass(frozen=True)
class Answer:
    verdict: str
    seconds: float
    counterexample: dict

    @property
    def good(self):
        return self.verdict in (PROVEN, MET)


def decide(question, seconds=900):
    """Ask the solver."""
    solver = z3.Solver() if _of_integers(question.goal) else z3.SolverFor("QF_UFBV")
    solver.set("timeout", 1000 * seconds)
    solver.add(*question.facts, question.goal if question.met else z3.Not(question.goal))
    begun = time.perf_counter()
    found = solver.check()
    took = time.perf_counter() - begun
    if found == z3.unknown:
        return Answer(OPEN, took, {})
    if question.met:
        return Answer(MET if found == z3.sat else REFUTED, took, {})
    if found == z3.unsat:
        return Answer(PROVEN, took, {})
    return Answer(REFUTED, took, values(solver.model()))


def values(model):
    """A counterexample: every unknown by name."""
    return {
        str(d): model[d].as_signed_long() if z3.is_bv_value(model[d]) else z3.is_true(model[d])
        for d in model.decls()
        if d.arity() == 0 and (z3.is_bv_value(model[d]) or z3.is_bool(model[d]))
    }


def _of_integers(goal):
    todo, seen = [goal], set()
    while todo:
        e = todo.pop()
        if z3.is_int(e):
            return True
        if e.get_id() not in seen and not z3.is_bv(e):
            seen.add(e.get_id())
            todo += e.children()
    return False


def all_of(duties):
    """One formula for many duties."""
    return z3.And(z3.BoolVal(True), *(z3.Implies(d.reached, d.ok) for d in duties))


def about_operations(subjects):
    """What the other questions take for granted."""
    for name, goal in lemmas.of_all_integers():
        yield Question("operations", f"for all integers: {name}", [], goal)
    uses = set()
    for name, lemma in lemmas.OF_FUNCTIONS.items():
        facts, needs, goal, local = lemma()
        uses |= local
        yield Question("functions", name, facts, z3.And(goal, all_of(needs)))
    uses = sorted(uses.union(*(subject.local for subject in subjects.values())), key=str)
    for signs, some in (
        ("* // %", [use for use in uses if use[0] in lemmas.OVER_INTEGERS]),
        ("+ - & | ^ << >>", [use for use in uses if use[0] not in lemmas.OVER_INTEGERS]),
    ):
        inside = z3.And(*(lemmas.of_interval(*use, f"_{i}") for i, use in enumerate(some)))
        yield Question("operations", f"{len(some)} uses of {signs} stay in their intervals", [], inside)


def duties(title, when, facts, found):
    """What S8 and indices ask for, file by file, so many at a time."""
    files = {}
    for duty in found:
        files.setdefault(duty.where.split(":")[0], []).append(duty)
    for file, some in sorted(files.items()):
        for start in range(0, len(some), AT_A_TIME):
            part = some[start : start + AT_A_TIME]
            name = f"S8 {when}: {file}, duties {start + 1} to {start + len(part)} of {len(some)}"
            yield Question(title, name, facts, all_of(part))


def about(title, subject):
    """Every question on the filter or the controller."""
    yield from duties(title, "at boot", subject.boot_facts, subject.boot_duties)
    for name, goal in subject.boot_goals.items():
        yield Question(title, name, subject.boot_facts, goal)
    for name, goal in subject.possible().items():
        yield Question(title, f"can be: {name}", subject.facts, goal, met=True)
    yield from duties(title, "in a tick", subject.facts, subject.duties)
    for name, goal in subject.goals.items():
        yield Question(title, name, subject.facts, goal)


def questions(titles=SUBJECTS):
    subjects = {title: SUBJECTS[title]() for title in titles}
    found = list(about_operations(subjects))
    for title, subject in subjects.items():
        found += about(title, subject)
    return found + list(without_a_cause())


def without_a_cause():
    """What `test_proof.py` asks of the filter, of the whole controller: without one of its causes a claim fails."""
    source = Path(controller.controller.__file__).read_text()
    for kind, line, claim in (
        (WholeController, "            f.trip(C_RESPONSE)\n", "S3 RESPONSE trips in any state, and is named"),
        (Changed, "            f.standing |= C_SELF_TEST\n", "S3 SELF_TEST trips an armed controller, and is named"),
    ):
        assert source.count(line) == 1
        subject = kind({"controller.controller": source.replace(line, "            pass\n")})
        yield Question("a cause removed", f"refuted: {claim}", subject.facts, z3.Not(subject.goals[claim]), met=True)


_asked: list[Question] = []


def _decide_at(job):
    place, seconds = job
    return place, decide(_asked[place], seconds)


def ask(asked, workers=1, seconds=900, console=None):
    """Answers in the order of the questions, with progress; each worker is a fork, for terms cannot be sent."""
    _asked[:] = asked
    jobs = [(place, seconds) for place in range(len(asked))]
    answers = [None] * len(asked)
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        results = pool.imap_unordered(_decide_at, jobs)
        for place, answer in track(results, "proving", total=len(jobs), console=console, disable=console is None):
            answers[place] = answer
            if console is not None:
                console.print(f"{answer.verdict:8}{answer.seconds:7.1f} s  {asked[place].group}: {asked[place].name}")
    return answers


def table(asked, answers):
    rows = Table(
        "of",
        "claim",
        "verdict",
        "s",
        title=f"for all 31-bit frames, all states and all records; Z3 {z3.get_version_string()}",
    )
    for q, a in zip(asked, answers, strict=True):
        rows.add_row(q.group, q.name, a.verdict if a.good else f"[bold red]{a.verdict}[/]", f"{a.seconds:.1f}")
    return rows


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="prove", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="", help="claims whose line holds these words")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=900, help="most for one claim")
    given = parser.parse_args(arguments)
    console = Console()
    asked = [q for q in questions() if given.only in f"{q.group}: {q.name}"]
    answers = ask(asked, given.workers, given.seconds, console)
    console.print(table(asked, answers))
    for q, a in zip(asked, answers, strict=True):
        if a.counterexample:
            console.print(f"{q.group}: {q.name}: refuted by {a.counterexample}")
    bad = sum(not a.good for a in answers)
    console.print(
        f"{len(asked) - bad} of {len(asked)} proven or met in {sum(a.seconds for a in answers):.0f} s of solving"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
