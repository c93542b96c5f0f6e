"""Graphs with several speakers, made by hand: what Wakesmith writes is valid for `onnx`, mixes as numpy does, and speaks
as ONNX Runtime does in Python. (No voice of Piper with several speakers comes as a package.)"""
import json
import os
import pathlib
import subprocess
import tempfile

from common import check, finish, skip

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError as missing:
    skip(str(missing))

SPEAK = os.environ["WAKESMITH_SPEAK"]
SPEAKERS, WIDTH, HOP = 6, 8, 400
work = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith onnx "))
library = next(pathlib.Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so*"))
table = np.random.default_rng(1).normal(size=(SPEAKERS, WIDTH)).astype(np.float32)


def graph(table, extra=()):
    """Like Piper's: inputs, the speaker's row of a table, random nodes, sound [batch, 1, 1, samples]. Each phoneme becomes
    HOP samples of a sum of WIDTH tones, weighted by the row; a little noise."""
    time = np.arange(HOP) / 22050
    tones = np.stack([np.sin(2 * np.pi * (150 + 70 * k) * time) for k in range(WIDTH)]).astype(np.float32)
    constants = {"emb_g.weight": table, "tones": tones, "last": np.array([-1], np.int64), "one": np.array([1], np.int64),
                 "flat": np.array([1, 1, 1, -1], np.int64), "loudness": np.array([.05], np.float32),
                 "first": np.array([0], np.int64), "past": np.array([1], np.int64)}
    node = helper.make_node
    nodes = [node("Gather", ["emb_g.weight", "sid"], ["row"], "/emb_g/Gather", axis=0),
             node("MatMul", ["row", "tones"], ["piece"]),                              # [1, HOP]
             node("Cast", ["input"], ["numbers"], to=TensorProto.FLOAT),
             node("Unsqueeze", ["numbers", "last"], ["column"]),                       # [1, phonemes, 1]
             node("Slice", ["scales", "first", "past"], ["noise_scale"]),
             node("Mul", ["column", "loudness"], ["gains"]),
             node("MatMul", ["gains", "piece3"], ["frames"]),                          # [1, phonemes, HOP]
             node("RandomNormalLike", ["frames"], ["noise"]),
             node("Mul", ["noise", "noise_scale"], ["hiss"]),
             node("Mul", ["hiss", "loudness"], ["quiet"]),
             node("Add", ["frames", "quiet"], ["sum"]),
             node("Reshape", ["sum", "flat"], ["output"]), *extra]
    nodes.insert(2, node("Unsqueeze", ["piece", "one"], ["piece3"]))
    inputs = [helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "phonemes"]),
              helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch"]),
              helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
              helper.make_tensor_value_info("sid", TensorProto.INT64, ["batch"])]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 1, 1, "samples"])]
    made = helper.make_model(helper.make_graph(nodes, "voice", inputs, outputs,
                                               [numpy_helper.from_array(value, name) for name, value in constants.items()]),
                             opset_imports=[helper.make_opsetid("", 15)])
    made.ir_version = 8
    onnx.checker.check_model(made, full_check=True)
    return made


def mixed(model):
    source, target = work / "source.onnx", work / "mixed.onnx"
    source.write_bytes(model.SerializeToString())
    said = subprocess.run([SPEAK, "mix", str(source), str(target)], capture_output=True, text=True)
    return onnx.load(target) if said.returncode == 0 else None


def run(model, tokens, pace=1.0, **more):
    """`tokens`: a row, or several that one session says in turn."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model if isinstance(model, str) else model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    fixed = {"scales": np.array([0 if more.get("quiet") else .667, 1 / pace, .8], np.float32)}
    fixed |= {name: np.array([value], np.float32 if name == "share" else np.int64) for name, value in more.items() if name != "quiet"}
    return [session.run(None, {"input": np.array([row], np.int64), "input_lengths": np.array([len(row)], np.int64), **fixed})[0].ravel() for row in tokens]


TOKENS = [list(range(1, 30))]
voice = graph(table)
other = mixed(voice)
check("a_graph_with_a_table_can_be_mixed", other is not None)
onnx.checker.check_model(other, full_check=True)
inputs = {one.name: one.type.tensor_type for one in other.graph.input}
check("it_has_two_more_inputs", list(inputs) == ["input", "input_lengths", "scales", "sid", "sid2", "share"]
      and inputs["sid2"] == inputs["sid"] and inputs["share"].elem_type == TensorProto.FLOAT, str(list(inputs)))
for speaker in range(SPEAKERS):
    plain, same = run(voice, TOKENS, sid=speaker, quiet=True)[0], run(other, TOKENS, sid=speaker, sid2=(speaker + 1) % SPEAKERS, share=0, quiet=True)[0]
    check(f"a_share_of_nothing_is_speaker_{speaker}", np.array_equal(plain, same))
for share in (.2, .35, .5, 1):
    blend = table.copy()
    blend[3] = table[3] + (table[5] - table[3]) * np.float32(share)
    wanted, got = run(graph(blend), TOKENS, sid=3, quiet=True)[0], run(other, TOKENS, sid=3, sid2=5, share=share, quiet=True)[0]
    check(f"a_share_of_{share}_is_between", np.array_equal(wanted, got) and not np.array_equal(wanted, run(voice, TOKENS, sid=3, quiet=True)[0]))

for name, extra in (("taken_twice", [helper.make_node("Gather", ["emb_g.weight", "sid"], ["again"], axis=0)]),
                    ("taken_by_another_node", [helper.make_node("Cast", ["sid"], ["again"], to=TensorProto.FLOAT)])):
    check(f"a_number_that_is_{name}_is_not_mixed", mixed(graph(table, extra)) is None)
other_name = graph(table)
other_name.graph.node[0].op_type = "GatherElements"
check("another_operation_is_not_mixed", mixed(other_name) is None)

# As the engine says it: the n-th run of a session is the n-th of Python's, with the seeds that Wakesmith gave.
folder = work / "voices" / "piper"
folder.mkdir(parents=True)
(folder / "en_US-many.onnx").write_bytes(voice.SerializeToString())
signs = {sign: [number + 3] for number, sign in enumerate("abcdefghijklmnopqrstuvwxyzɑɹɪəʊɔɛæˈː ")} | {"^": [1], "$": [2], "_": [0]}
(folder / "en_US-many.onnx.json").write_text(json.dumps({"audio": {"sample_rate": 22050}, "espeak": {"voice": "en-us"}, "num_speakers": SPEAKERS,
                                                         "phoneme_id_map": signs}))
environment = {**os.environ, "WAKESMITH_VOICES": str(work / "voices"), "WAKESMITH_ONNXRUNTIME": str(library)}
subprocess.run([SPEAK, "seed", str(folder / "en_US-many.onnx"), str(work / "seeded.onnx")], check=True, capture_output=True)
subprocess.run([SPEAK, "mix", str(work / "seeded.onnx"), str(work / "as_given.onnx")], check=True)


def speak(name, *texts):
    said = subprocess.run([SPEAK, "piper", name, "1", str(work), *texts], env=environment, capture_output=True, text=True)
    return [([int(i) for i in line.split()], np.fromfile(work / f"{n}.f32", np.float32)) for n, line in enumerate(said.stdout.splitlines())] if said.returncode == 0 else []


for name, wanted in (("en_US-many#3", dict(sid=3, sid2=3, share=0)), ("en_US-many#3~5~35", dict(sid=3, sid2=5, share=np.float32(35) / 100)),
                     ("en_US-many#5~3~20", dict(sid=5, sid2=3, share=np.float32(20) / 100))):
    spoken = speak(name, "jarvis", "computer")
    python = run(str(work / "as_given.onnx"), [tokens for tokens, _ in spoken], **wanted)
    check(f"{name}_says_what_python_gives", len(spoken) == 2 and all(np.array_equal(a[1], b) for a, b in zip(spoken, python)))
for name in ("en_US-many#6", "en_US-many#3~6~35", "en_US-many#3~1", "en_US-many#x", "en_US-many#3~1~200", "en_US-none#1"):
    check(f"{name}_says_nothing", not speak(name, "jarvis"))
finish()
