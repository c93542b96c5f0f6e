"""Arguments, plumbing forms and bad input, as a user or a program meets them."""
import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import wave

from common import GOLDEN, PROGRAM, check, finish, run

folder = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith cli "))


def tone(path, seconds=2.0, rate=16000):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", (i * 37) % 4001 - 2000) for i in range(int(seconds * rate))))
    return path


def fails(name, *arguments, says):
    result = run(*arguments, ok=False)  # a command that wrongly goes on runs into the time-out
    lines = result.stderr.strip().splitlines()
    check(name, result.returncode == 1 and len(lines) == 1 and says in lines[0] and result.stdout == "",
          f"exit {result.returncode}: {result.stderr} {result.stdout[:100]}")


version = run("--version").strip()
check("version_is_the_first_line", version.startswith("wakesmith ") and "kernels: " in version)
check("help_lists_the_commands", all(word in run("--help") for word in ("train", "evaluate", "detect", "features", "infer", "inspect")))
for command in ("train", "say", "check", "evaluate", "compare", "detect", "features", "infer", "inspect", "bench"):
    check(f"{command}_has_help", "usage: wakesmith " + command in run(command, "--help"))

sound = tone(folder / "a b.wav")
run("features", sound, "-o", folder / "a.npy")
run("features", sound, f"--output={folder / 'a8.npy'}", "--int8")
raw = (folder / "a.npy").read_bytes()
check("npy_has_floor_of_n_by_160_minus_2_rows", b"(198, 40)" in raw[:128] and b"<u2" in raw[:128] and len(raw) % 64 == 198 * 80 % 64)
run("features", sound, sound, "-o", folder / "set")
check("two_files_give_a_ragged_set", (folder / "set" / "data.ninja").stat().st_size == 2 * 198 * 80)
run("features", folder / "set", "-o", folder / "again")
check("a_ragged_set_is_taken_over", (folder / "again" / "data.ninja").read_bytes() == (folder / "set" / "data.ninja").read_bytes())

(folder / "junk.tflite").write_bytes(b"\x18\0\0\0TFL3")
(folder / "empty.wav").write_bytes(b"")
(folder / "junk.wav").write_bytes(os.urandom(300))
(folder / "none").mkdir()
fails("voices_of_a_language_that_has_none", "voices", "fetch", "--lang=mt", says="Maltese")
fails("voices_of_no_known_language", "voices", "fetch", "--lang=klingon", says="--lang klingon")
fails("no_such_command", "trian", says="no command")
fails("unknown_option", "train", "x", "--sample=3", says="--sample")
fails("option_without_value", "train", "x", "--samples", says="--samples")
fails("number_that_is_none", "train", "x", "--samples=many", says="--samples")
fails("number_out_of_range", "train", "x", "--samples=3", says="--samples")
fails("no_steps", "train", "x", "--training-steps=0", says="--training-steps must be between 1 and 1000000, not 0")
fails("an_option_twice", "train", "x", "--seed=1", "--seed=2", says="--seed")
fails("no_phrase", "train", says="which wake word")
fails("a_phrase_without_letters", "train", "\n\t", says="phrase")
fails("an_unknown_language", "train", "x", "--lang=klingon", says="--lang")
fails("the_reserved_name_vad", "train", "jarvis", "--title=vad", f"--data-dir={folder}/d", says="vad")
fails("an_unknown_preset", "train", "jarvis", "--preset=best", says="--preset")
fails("an_unknown_network", "train", "jarvis", "--model=big", says="big")
fails("negatives_that_are_not_there", "train", "jarvis", f"--data-dir={folder}/d", "--negatives=/nowhere", says="/nowhere")
fails("negatives_without_audio", "train", "jarvis", f"--data-dir={folder}/d", f"--negatives={folder}/none", says="no audio")
fails("personal_recordings_that_are_not_there", "train", "jarvis", f"--data-dir={folder}/d", "--positives-real=/nowhere",
      says="--positives-real")
fails("an_empty_value", "train", "jarvis", "--data-dir=", says="--data-dir")
fails("an_author_that_no_manifest_holds", "train", "jarvis", f"--data-dir={folder}/d", "--author=" + "é" * 100, says="--author")
fails("filters_of_another_depth", "train", "jarvis", f"--data-dir={folder}/d", "--filters=32,32", says="--filters")
fails("a_data_dir_that_is_a_file", "train", "jarvis", f"--data-dir={sound}", says="a b.wav")
fails("a_voice_that_nobody_has", "say", "jarvis", "-o", folder / "x", "--voice=nobody", says="nobody")
fails("phonemes_that_are_none", "say", "jarvis", "-o", folder / "x", "--phonemes=jarvis", says="[[")
fails("phonemes_of_another_language", "train", "jarvis", f"--data-dir={folder}/d", "--lang=fr", "--phonemes=[[dZ'A@vIs]]", says="only as far as /dʒ/")
fails("a_sign_that_is_no_ipa", "train", "jarvis", f"--data-dir={folder}/d", "--also=/dʒ☃/", says="--also")
fails("a_neural_voice_without_any", "say", "jarvis", "-o", folder / "x", "--voice=kokoro:af_heart", says="kokoro:af_heart")
fails("a_missing_model", "inspect", folder / "x.tflite", says="x.tflite")
fails("a_damaged_model", "inspect", folder / "junk.tflite", says="junk.tflite")
fails("a_missing_sound", "features", folder / "x.wav", "-o", folder / "x.npy", says="x.wav")
fails("an_empty_sound", "features", folder / "empty.wav", "-o", folder / "x.npy", says="empty.wav")
fails("a_damaged_sound", "features", folder / "junk.wav", "-o", folder / "x.npy", says="junk.wav")
check("nothing_is_left_of_failed_features", not (folder / "x.npy").exists())
fails("compare_needs_two_models", "compare", folder / "junk.tflite", "--positives", folder, says="compare")
fails("compare_without_data", "compare", folder / "junk.tflite", folder / "junk.tflite", says="--positives")
fails("evaluate_without_data", "evaluate", folder / "junk.tflite", says="--positives")

facts = json.loads(run("check", "привет дом", "--json"))
check("check_tells_language_id_and_sounds", facts["language"] == "ru" and facts["id"] == "privet_dom" and facts["syllables"] == 3
      and "dˈom" in facts["phonemes"] and facts["missing"] is None and [v["code"] for v in facts["verdicts"]] == ["good_length"], str(facts))
check("check_warns_of_one_syllable", "poor" in [v["level"] for v in json.loads(run("check", "yes", "--json"))["verdicts"]])
jarvis = json.loads(run("check", "jarvis", "--json"))
check("check_names_words_that_sound_like_it", "service" in jarvis["similar"] and "similar_words" in [v["code"] for v in jarvis["verdicts"]]
      and any('"service"' in v["text"] for v in jarvis["verdicts"]), str(jarvis))
computer = json.loads(run("check", "computer", "--json"))
check("check_names_none_where_there_is_none", computer["similar"] == [] and "similar_words" not in [v["code"] for v in computer["verdicts"]])
check("check_knows_words_of_other_languages", json.loads(run("check", "Küchen", "--lang=de", "--json"))["similar"][0] == "Küche")
fails("check_says_what_to_type_instead_of_kanji", "check", "東京へ", says="kana")
fails("check_says_what_cannot_be_spoken", "check", "ᐃᓄᒃᑎᑐᑦ", says="cannot read")
check("check_json_says_it_too", "cannot read" in json.loads(run("check", "ᐃᓄᒃᑎᑐᑦ", "--json"))["missing"])
check("chinese_characters_are_read", json.loads(run("check", "你好小智", "--json"))["syllables"] == 4)


# Neural voices without the library that they need: one sentence, and the others speak. (How CUDA is left: tests/unit.)
(folder / "voices" / "kokoro").mkdir(parents=True)
(folder / "voices" / "kokoro" / "model.onnx").write_bytes(b"")
silent = {**os.environ, "WAKESMITH_VOICES": str(folder / "voices"), "WAKESMITH_ONNXRUNTIME": ""}
advice = "wakesmith voices fetch onnxruntime"


def said(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], env=silent, capture_output=True, text=True, timeout=60)


result = said("say", "jarvis", "-o", folder / "silent", "--samples=2", "--neural")
check("say_tells_what_neural_voices_lack", result.returncode == 0 and result.stdout.count(".wav") == 2
      and result.stderr.count("\n") == 1 and advice in result.stderr, str(result))
result = said("say", "jarvis", "-o", folder / "silent", "--samples=2", "--json")
check("say_json_tells_it_too", advice in json.loads(result.stdout)["notice"] and not result.stderr, str(result))
check("voices_list_tells_it_too", said("voices", "list").stdout.count(advice) == 1 and advice in json.loads(said("voices", "list", "--json").stdout)["notice"])
training = subprocess.Popen([PROGRAM, "train", "jarvis", f"--data-dir={folder}/silence", f"--events={folder}/silence.events", "--device=cpu"],
                            env=silent, stderr=subprocess.PIPE, text=True)
first = training.stderr.readline()
training.send_signal(signal.SIGINT)
training.communicate(timeout=60)
check("train_tells_it_first", advice in first and training.returncode == 2, first)
check("its_log_and_events_have_it", advice in (folder / "silence" / "work" / "jarvis" / "training.log").read_text()
      and [line["text"] for line in map(json.loads, open(folder / "silence.events")) if line["event"] == "notice"] == [first[6:-1]])
spoken = {row["engine"]: row for row in map(json.loads, run("bench", "voices", "--clips=4").splitlines())}
check("bench_voices_measures_each_engine", spoken["espeak-ng"]["clips"] == 4 and spoken["espeak-ng"]["voices"] > 50
      and all(row["unit"] == "clips/s" and row["value"] > 0 and row["cpu_seconds_a_clip"] > 0 for row in spoken.values()), str(spoken))
fails("an_unknown_device", "say", "jarvis", "-o", folder / "x", "--device=gpu", says="--device")
fails("an_unknown_device_of_a_training", "train", "jarvis", f"--data-dir={folder}/d", "--device=gpu", says="--device")
fails("an_unknown_device_of_a_server", "serve", "--device=gpu", says="--device")


def corpus(path):  # src/speech/corpus.c
    data = path.read_bytes()
    clips, samples = struct.unpack_from("<QQ", data, 8)
    index = 64 + (2 * samples + 7) // 8 * 8
    for i in range(clips):
        start, count, text, group, engine, voice = struct.unpack_from("<QIIihH", data, index + 24 * i)
        yield text, data[64 + 2 * start:64 + 2 * (start + count)]


# Two spellings, the events of a run, and the preview: the first clips of a training are those that `say` speaks.
small = ["--preset=draft", "--samples=60", "--training-steps=60", "--also=hi jarvis"]
run("train", "hey jarvis", *small, f"--data-dir={folder}/two", f"--events={folder}/events")
spoken = list(corpus(folder / "two/work/hey_jarvis/wake_word_samples/words.corpus"))
said = json.loads(run("say", "hey jarvis", "--also=hi jarvis", "--samples=5", "-o", folder / "said", "--json"))["clips"]
preview = [wave.open(clip["file"]).readframes(1 << 20) for clip in said]
check("say_speaks_what_training_hears", preview == [pcm for _, pcm in spoken[:5]])
chosen = json.loads(run("say", "jarvis", "--phonemes=[[d_Z'A@_v_I_s]]", "--samples=3", "--voice=espeak-ng:gmw/en-US", "--voice=gmw/en", "-o",
                        folder / "chosen", "--json"))["clips"]
check("say_speaks_by_the_voices_named", {clip["voice"] for clip in chosen} <= {"gmw/en-US", "gmw/en"} and len(chosen) == 3
      and {clip["text"] for clip in chosen} == {"[[d_Z'A@_v_I_s]]"}, chosen)
ipa = json.loads(run("voices", "say", "jarvis", "--phonemes=/ˈdʒɑːrvɪs/", "--also=jarvis", "--samples=4", "-o", folder / "ipa", "--json"))["clips"]
check("voices_say_is_say_and_ipa_is_said", {clip["text"] for clip in ipa} == {"[[dZ|'A:|r|v|I|s]]", "jarvis"}, str(ipa))
told = json.loads(run("check", "slushay", "--lang=en", "--phonemes=/ʃˈɪʒə xʌ/", "--json"))
check("check_takes_phonemes", told["phonemes"] == "ʃˈɪʒə xʌ" and told["syllables"] == 3 and told["id"] == "slushay" and told["missing"] is None
      and [v["text"] for v in told["verdicts"] if v["code"] == "mute_engines"][0].endswith("flite."), str(told))
check("check_says_what_is_no_phoneme", "☃" in json.loads(run("check", "jarvis", "--phonemes=/dʒ☃/", "--json"))["missing"])
check("say_names_voices_and_texts", all(clip["voice"] and clip["engine"] for clip in said)
      and {clip["text"] for clip in said} == {"hey jarvis", "hi jarvis"}, str(said))
check("spellings_are_said_equally_often", abs(sum(text for text, _ in spoken) - 30) <= 5)
run("train", "hey jarvis", *small[:3], "--phonemes=/hˈeɪ dʒˈɑːvɪs/", "--also=hi jarvis", f"--data-dir={folder}/said_so")
report = json.loads(next((folder / "said_so/output").glob("*/hey_jarvis.report.json")).read_text())
check("phonemes_replace_the_reading_only", report["phrase"] == "hey jarvis" and report["id"] == "hey_jarvis"
      and report["spellings"] == ["[[h|'eI dZ|'A:|v|I|s]]", "hi jarvis"], str(report["spellings"]))
events = [json.loads(line) for line in (folder / "events").read_text().splitlines()]
overall = [event["overall"] for event in events if "overall" in event]
check("events_begin_and_finish", events[0]["event"] == "begin" and events[0]["id"] == "hey_jarvis" and events[-1]["event"] == "finished")
check("progress_of_the_whole_only_grows", overall == sorted(overall) and overall[-1] == 1 and len(overall) > 8, str(overall))
curve = [event for event in events if event["event"] == "metric"]
check("curves_have_loss_and_recall", len(curve) > 20 and all("loss" in point for point in curve)
      and any("recall" in point and "per_hour" in point for point in curve))
run("train", "lock", *small[:3], f"--data-dir={folder}/two")  # nothing of ours in work/ has a name that a word can have
check("a_word_may_be_called_anything", (folder / "two/work/lock/training.log").is_file() and (folder / "two/work/.lock").is_file())
run("train", "x y", f"--data-dir={folder}/two", f"--events={folder}/bad", "--model=big", ok=False)
check("events_tell_why_it_ended", json.loads((folder / "bad").read_text().splitlines()[-1])["reason"].find("big") >= 0)

if GOLDEN.is_dir():
    model, clip = GOLDEN / "models" / "alexa.tflite", GOLDEN / "wav" / "alexa_1.wav"
    run("features", clip, "-o", folder / "alexa.npy")
    mine = bytes(int(line) for line in run("infer", model, folder / "alexa.npy").split())
    check("infer_gives_the_devices_bytes", mine == (GOLDEN / "outputs" / "alexa_1.alexa.u8").read_bytes())
    found = json.loads(run("detect", model, clip, GOLDEN / "wav" / "syn_zeros.wav", "--json"))
    check("detect_has_its_form", found["window"] == 5 and abs(found["cutoff"] - 0.9) < 1e-9 and len(found["files"]) == 2
          and found["files"][1]["detections"] == [])
    odd = os.fsencode(folder) + b"/caf\xe9.wav"
    pathlib.Path(os.fsdecode(odd)).write_bytes(clip.read_bytes())
    found = json.loads(run("detect", model, os.fsdecode(odd), "--json"))
    check("a_name_that_is_not_utf8_is_told", [one["file"][-8:] for one in found["files"]] == ["caf?.wav"], str(found))
    pcm = clip.read_bytes()[44:]
    silence = bytes(2 * 16000 * 2)
    live = subprocess.run([PROGRAM, "detect", str(model), "-"], input=silence + pcm + silence, capture_output=True)
    check("detect_hears_live_pcm", live.returncode == 0 and b"-: " in live.stdout, live.stderr.decode())
    judged = json.loads(run("evaluate", model, "--positives", clip, "--negatives", GOLDEN / "wav", "--json"))
    check("evaluate_has_its_form", judged["positives"]["clips"] == 1 and judged["negatives"]["hours"] > 0.005
          and {"file", "detected", "max_sum"} <= set(judged["positives"]["files"][0])
          and {"file", "seconds", "false_accepts"} <= set(judged["negatives"]["files"][0]))
    duel = json.loads(run("compare", model, model, "--positives", clip, "--negatives", GOLDEN / "wav", "--json"))
    check("a_model_is_as_good_as_itself", duel["conditions"][0]["published"]["difference"] == 0
          and duel["conditions"][0]["published"]["detected"] == [judged["positives"]["detected"]] * 2
          and duel["negatives"]["false_accepts"] == [judged["negatives"]["false_accepts"]] * 2
          and duel["negatives"]["difference_interval"][0] < 0 < duel["negatives"]["difference_interval"][1], str(duel)[:400])
    check("compare_without_a_terminal", "difference" in run("compare", model, model, "--positives", clip)
          and "<-" not in run("compare", model, model, "--positives", clip))
    fails("babble_without_talkers", "evaluate", model, "--positives", clip, "--condition=babble:10", says="--babble")
    fails("an_unknown_condition", "evaluate", model, "--positives", clip, "--condition=loud", says="loud")
    check("inspect_describes_a_good_file", "CONV_2D" in run("inspect", model))
else:
    print("skipped: no ../shared")
finish()
