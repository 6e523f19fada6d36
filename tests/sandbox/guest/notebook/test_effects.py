"""What a piece of code may change follows from its syntax, on the safe side."""

import ast

import pytest

from grader.sandbox.guest.notebook.effects import body, effects


def of(source: str):
    return effects(ast.parse(source).body[0])


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("w.fill_(2)", "w"),
        ("net.layer[0].weight.data.fill_(2)", "net"),
        ("fill(table, key=other)", "fill table other"),
        ("fill(*tables, **more)", "fill tables more"),
        ("torch.add(a, 1, out=b)", "torch a b"),
        ("with lock, opened(f) as g: pass", "lock opened f"),
        ("for x in queue: pass", "queue"),
        ("x += y", "x"),
        ("[x.pop() for x in queue]", "x queue"),
        ("net.apply(lambda m: table.update(a=m))", "net table m"),
        ("config << 2", "config"),
        ("first, *rest = queue", "queue"),
        ("x = y.z + w[0]", ""),
        ("print(model, f'{x}', len(y))", ""),
        ("print(queue.pop())", "queue"),
        ("f = lambda: table.clear()", ""),
        ("def f(): table.clear()", ""),
        ("class A: table.clear()", "table"),
        ("if x: y.z()", "y"),
    ],
)
def test_whatever_is_called_or_given_may_change(source: str, changes: str):
    assert of(source).changes == set(changes.split())


def test_what_is_known_to_show_changes_nothing():
    node = ast.parse("plt.plot(w.pop(), x)").body[0]
    assert effects(node, {"plt"}).changes == {"w"}


def test_a_call_of_a_function_changes_what_its_body_does_and_that_of_functions_in_it():
    node = ast.parse("def f():\n    a.x()\n    def g(): b.y()\n    return lambda: c.z()").body[0]
    assert body(node).changes == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("source", "anything"),
    [
        ("exec('x = 1')", True),
        ("globals()['x'] = 1", True),
        ("locals().update(x=1)", True),
        ("vars().__setitem__('x', 1)", True),
        ("__main__.x = 1", True),
        ("setattr(sys.modules[__name__], 'x', 1)", True),
        ("get_ipython().run_line_magic('run', 'a.py')", True),
        ("globals().get('x')", False),
        ("vars(config).update(x=1)", False),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", False),
    ],
)
def test_names_may_be_bound_in_ways_that_cannot_be_read(source: str, anything: bool):
    assert of(source).anything is anything


def test_settings_of_modules_training_and_files_are_seen():
    assert of("torch.set_default_dtype(dtype)").settings == {"torch"}
    assert of("np.random.seed(0)").settings == {"np"}
    assert of("time.sleep(1)").settings == set()
    assert of("loss.backward()").trains and not of("net.eval()").trains
    assert of("Path('a').write_text(x)").files and of("open('a')").files


def test_very_deep_code_is_no_problem():
    assert of("x = " + "a if b else " * 900 + "c").mentions == {"a", "b", "c"}
