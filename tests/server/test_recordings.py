"""The session, its takes and uploads, samples and trash, as the page uses them. Names begin with the lesson's number
where a test holds a defect of the reference away (B30, B31, B32, B35)."""
import json
import math
import os
import random
import re
import shutil
import time
import urllib.parse

from serve import Server, check, finish, float_wav, samples_of, wav

random.seed(1)


def word(seconds=1.6, at=0.5, length=0.6, level=0.3):
    """Quiet noise with something like a word in it."""
    samples = []
    for i in range(int(seconds * 16000)):
        t = i / 16000 - at
        voice = level * math.sin(math.pi * t / length) * math.sin(2 * math.pi * (180 + 400 * t) * t) if 0 < t < length else 0
        samples.append(int(32000 * (voice + random.uniform(-0.001, 0.001))))
    return samples


def names(items):
    return sorted(item["saved_as"] for item in items)


TAKE = wav(word())
server = Server()
post, form, get = server.post, server.form, server.get


def files(folder):
    root = server.data / folder
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def session():
    return get("/api/session").json


def take(speaker=1, number=1, content=TAKE, **more):
    return form("/api/upload_take", speaker_index=speaker, take_index=number, file=("take_01.wav", content), **more)


def refused(name, answer, status, says):
    good = answer.status == status and answer.json.get("ok") is False and says in answer.json.get("error", "") \
        and answer.json.get("code")
    check(name, good, f"wanted {status} {says!r}, got {answer}")


# ---- before a session ------------------------------------------------------------------------------------------
empty = session()
check("a_fresh_server_has_no_session", empty["ok"] and empty["raw_phrase"] is None and empty["safe_word"] is None
      and empty["takes"] == [] and empty["takes_received"] == 0 and empty["items"] == [] and empty["training"]["running"] is False, empty)
refused("a_take_needs_a_session", take(), 400, "No active session. Call /api/start_session first.")
refused("an_upload_needs_a_word", form("/api/upload_personal_sample", file=("a.wav", TAKE)), 409, "type a phrase first")
refused("an_empty_phrase", post("/api/start_session", {"phrase": " \n"}), 400, "phrase is required")
refused("no_phrase", post("/api/start_session", {}), 400, "phrase is required")
refused("a_phrase_of_nothing", post("/api/start_session", {"phrase": "!!!"}), 400, "no letter")
refused("an_unknown_language", post("/api/start_session", {"phrase": "jarvis", "lang": "tlh"}), 400,
        "lang must be one of: auto en ru")

# ---- the session -----------------------------------------------------------------------------------------------
started = post("/api/start_session", {"phrase": "  Hey,  Jarvis! ", "speakers_total": 0, "takes_per_speaker": None}).json
check("defaults_are_one_speaker_and_ten_takes", started["ok"] and started["speakers_total"] == 1
      and started["takes_per_speaker"] == 10 and started["takes_total"] == 10, started)
check("a_session_knows_id_title_and_language", (started["safe_word"], started["title"], started["lang"], started["lang_auto"])
      == ("hey_jarvis", "Hey Jarvis", "en", True), started)
check("a_session_says_where_its_files_are", started["personal_dir"] == f"{server.data}/personal_samples/hey_jarvis"
      and started["data_dir"] == str(server.data), started)
many = post("/api/start_session", {"phrase": "привет дом", "speakers_total": 99, "takes_per_speaker": 10 ** 15,
                                   "also": ["", "прив+ет дом"]}).json
check("too_much_is_clamped", (many["speakers_total"], many["takes_per_speaker"]) == (10, 50), many)
check("russian_is_found", (many["safe_word"], many["title"], many["lang"]) == ("privet_dom", "привет дом", "ru"), many)
check("empty_spellings_are_left_out", many["also"] == ["прив+ет дом"], many)
few = post("/api/start_session", {"phrase": "hey jarvis", "speakers_total": -4, "takes_per_speaker": -1, "lang": "de"}).json
check("too_little_is_clamped", (few["speakers_total"], few["takes_per_speaker"], few["lang"]) == (1, 1, "de"), few)
refused("a_language_is_checked_before_anything_changes", post("/api/start_session", {"phrase": "other", "lang": "xx"}), 400, "lang")
check("a_refused_session_changes_nothing", session()["raw_phrase"] == "hey jarvis")
said = post("/api/start_session", {"phrase": "hey jarvis", "phonemes": " /hˈeɪ dʒˈɑːvɪs/ ", "also": ["/hˈaɪ dʒˈɑːvɪs/"]}).json
check("a_session_keeps_how_it_is_said", said["phonemes"] == "/hˈeɪ dʒˈɑːvɪs/" and said["safe_word"] == "hey_jarvis"
      and said["title"] == "Hey Jarvis", said)
refused("phonemes_that_nobody_can_say", post("/api/start_session", {"phrase": "other", "phonemes": "/☃/", "also": []}), 400, "no letter")
refused("a_sign_that_is_no_ipa", post("/api/start_session", {"phrase": "other", "phonemes": "/dʒ☃/"}), 400, "☃")
refused("phonemes_without_their_slashes", post("/api/start_session", {"phrase": "other", "phonemes": "jarvis"}), 400, "between slashes")
refused("a_spelling_of_another_language", post("/api/start_session", {"phrase": "other", "lang": "fr", "also": ["[[dZ'A@vIs]]"]}), 400,
        "only as far as /dʒ/")
check("refused_phonemes_change_nothing", session()["phonemes"] == "/hˈeɪ dʒˈɑːvɪs/" and session()["raw_phrase"] == "hey jarvis")
check("without_phonemes_it_is_read", post("/api/start_session", {"phrase": "hey jarvis", "phonemes": ""}).json["phonemes"] is None)
refused("too_many_spellings", post("/api/start_session", {"phrase": "a", "also": [f"a{i}" for i in range(11)]}), 400, "also")

# ---- takes -----------------------------------------------------------------------------------------------------
post("/api/start_session", {"phrase": "hey jarvis", "speakers_total": 2, "takes_per_speaker": 3})
first = take(1, 1, settings='{"echoCancellation": false}').json
item = first.get("item", {})
check("a_take_is_named_by_its_place", first.get("saved_as") == "speaker01_take01.wav" and first["takes_received"] == 1, first)
check("a_take_says_what_it_is", (item["bucket"], item["wake_word"], item["speaker"], item["speaker_index"], item["take_index"],
      item["trimmed"], item["converted"]) == ("personal", "hey_jarvis", "speaker01", 1, 1, False, False), item)
check("a_good_take_has_no_badge", item["badges"] == [], item)
check("B12_the_granted_settings_are_kept", item["settings"] == {"echoCancellation": False}, item)
check("a_take_can_be_heard", samples_of(get(item["audio_url"]).body) == samples_of(TAKE), get(item["audio_url"]))
part = get(item["audio_url"], Range="bytes=0-1")
check("a_part_can_be_asked_for_as_phones_do", part.status == 206 and part.body == b"RI"
      and part.headers["Content-Range"] == f"bytes 0-1/{len(TAKE)}", part)
check("the_rest_follows", get(item["audio_url"], Range="bytes=2-").body == TAKE[2:])
refused("a_part_behind_the_end", get(item["audio_url"], Range=f"bytes={len(TAKE)}-"), 416, "shorter")
check("what_is_known_is_not_sent_again", get(item["audio_url"], **{"If-None-Match": part.headers["ETag"]}).status == 304)
alias = form("/api/upload-sample", speaker_index=2, take_index=3, file=("x.wav", TAKE)).json
check("the_alias_of_the_notes", alias.get("saved_as") == "speaker02_take03.wav" and alias["takes_received"] == 2, alias)
refused("speaker_out_of_range", take(3, 1), 400, "speaker_index must be 1..2")
refused("speaker_zero", take(0, 1), 400, "speaker_index must be 1..2")
refused("take_out_of_range", take(1, 4), 400, "take_index must be 1..3")
refused("an_empty_take", take(1, 2, b""), 400, "Empty/invalid file")
refused("43_bytes", take(1, 2, TAKE[:43]), 400, "Empty/invalid file")
refused("settings_that_are_none", take(1, 2, settings="[1]"), 400, "settings must be a JSON object")
now = session()
check("a_refused_take_is_not_there", now["takes"] == ["speaker01_take01.wav", "speaker02_take03.wav"]
      and now["takes_received"] == 2 and now["samples_total"] == 2, now)
other = post("/api/start_session", {"phrase": "computer"}).json
check("B4_another_word_has_no_takes_of_this_one", other["takes"] == [] and other["takes_received"] == 0, other)
back = post("/api/start_session", {"phrase": "hey jarvis", "speakers_total": 2, "takes_per_speaker": 3}).json
check("B4_which_are_there_when_it_comes_back", back["takes"] == now["takes"], back)
again = take(1, 1, wav(word(2.0))).json
check("a_take_is_recorded_again", again["takes_received"] == 2 and abs(again["item"]["seconds"] - 2) < 0.01, again)
old = [entry for entry in get("/api/trash").json["items"] if entry["saved_as"] == "speaker01_take01.wav"]
check("the_earlier_take_is_in_the_trash", len(old) == 1 and old[0]["wake_word"] == "hey_jarvis", get("/api/trash"))
quiet = take(1, 2, wav([int(s * 0.02) for s in word()])).json
check("a_quiet_take_is_kept_with_its_badge", "too_quiet" in quiet["item"]["badges"], quiet)
other = take(1, 1, wake_word="privet_dom").json
check("a_take_goes_to_the_word_that_it_names", other["item"]["wake_word"] == "privet_dom"
      and (server.data / "personal_samples/privet_dom/speaker01_take01.wav").exists()
      and names(session()["items"]) == ["speaker01_take01.wav", "speaker01_take02.wav", "speaker02_take03.wav"], other)

# ---- counters from one list (lessons 1, last row) --------------------------------------------------------------
post("/api/start_session", {"phrase": "counting", "speakers_total": 2, "takes_per_speaker": 10})
for speaker in (1, 2):
    for number in range(1, 11):
        take(speaker, number)
counted = post("/api/start_session", {"phrase": "counting", "speakers_total": 1, "takes_per_speaker": 5}).json
check("takes_outside_the_ranges_do_not_count", counted["takes_received"] == 5 == len(counted["takes"]) and counted["takes_total"] == 5
      and counted["takes"] == [f"speaker01_take{n:02d}.wav" for n in range(1, 6)], counted)
check("takes_outside_the_ranges_are_samples", counted["samples_total"] == 20 == len(counted["items"]), counted["samples_total"])
check("B28b_the_answer_of_an_upload_counts_the_same", take(1, 5).json["takes_received"] == 5 == session()["takes_received"])

# ---- uploads ---------------------------------------------------------------------------------------------------
post("/api/start_session", {"phrase": "hey jarvis", "speakers_total": 2, "takes_per_speaker": 3})
refused("B32_44_random_bytes", take(1, 3, os.urandom(44)), 400, "take_01.wav")
refused("B32_random_bytes_after_a_header", take(1, 3, TAKE[:12] + os.urandom(5000)), 400, "take_01.wav")
refused("B32_a_file_without_samples", take(1, 3, wav([])), 400, "")
refused("B32_longer_than_a_minute", take(1, 3, wav([100, -100] * 16000 * 31)), 400, "longer than 60 s")
refused("B32_ten_megabytes_and_a_byte", take(1, 3, TAKE[:44] + bytes((10 << 20) - 43)), 413, "10")
stereo = [0.3 * math.sin(2 * math.pi * 440 * (i // 2) / 48000) for i in range(2 * 48000)]
converted = form("/api/upload_personal_sample", file=("küche 1.wav", float_wav(stereo, 48000, 2)), speaker="Anna", source="drop").json
check("B32_48_khz_stereo_float_is_converted", converted.get("converted") is True and "48000" in converted["detected_format"]
      and converted["item"]["speaker"] == "Anna" and converted["item"]["source"] == "drop"
      and converted["item"]["original_name"] == "küche 1.wav", converted)
heard = samples_of(get(converted["item"]["audio_url"]).body)
check("B32_and_sounds_the_same", abs(len(heard) - 16000) <= 16 and abs(max(heard[2000:14000]) - 0.3 * 32768) < 300, max(heard))
check("the_original_is_kept", any(content == float_wav(stereo, 48000, 2)
      for path, content in files("personal_samples/hey_jarvis").items() if path.startswith("originals/")))
if shutil.which("ffmpeg"):
    import subprocess
    made = subprocess.run(["ffmpeg", "-v", "error", "-f", "wav", "-i", "-", "-c:a", "libopus", "-f", "webm", "-"], input=TAKE,
                          capture_output=True)
    if made.returncode == 0:
        webm = form("/api/upload_personal_sample", file=("blob", made.stdout)).json
        check("webm_of_a_browser_is_converted", webm.get("converted") is True and "webm" in webm["detected_format"], webm)
negative = form("/api/upload_negative_sample", file=("no.wav", TAKE), wake_word="hey_jarvis").json
check("a_negative_sample", negative["item"]["bucket"] == "negative" and negative["saved_as"].startswith("negative_"), negative)
refused("a_word_that_is_no_id", form("/api/upload_negative_sample", file=("no.wav", TAKE), wake_word="../x"), 400, "wake_word")
refused("no_file", form("/api/upload_negative_sample", wake_word="hey_jarvis"), 400, "file")
library = get("/api/samples?wake_word=hey_jarvis").json
check("the_library_of_a_word", library["personal_count"] == len(library["personal"]) >= 4 and library["negative_count"] == 1
      and library["captured_count"] == 0 and all(i["wake_word"] == "hey_jarvis" for i in library["personal"]), library)
everything = get("/api/samples").json
check("the_library_of_all_words", {i["wake_word"] for i in everything["personal"]} == {"hey_jarvis", "counting", "privet_dom"})
check("newest_first", [i["created_at"] for i in everything["personal"]] == sorted((i["created_at"] for i in everything["personal"]), reverse=True))

# ---- trim, revert, voice -----------------------------------------------------------------------------------------
path = "/api/samples/personal/speaker02_take03.wav"
before = files("personal_samples/hey_jarvis")["speaker02_take03.wav"]
voice = post(path + "/vad").json
check("where_the_voice_is", voice["segment_count"] == 1 and 0.2 <= voice["segments"][0]["start"] <= 0.5
      and 1.0 <= voice["segments"][0]["end"] <= 1.3, voice)
noise = form("/api/upload_negative_sample", file=("n.wav", wav([random.randint(-3, 3) for _ in range(16000)]))).json["saved_as"]
check("no_voice_in_silence", post(f"/api/samples/negative/{noise}/vad").json["segment_count"] == 0)


def trim(start, end, **more):
    return form("/api/samples/trim", **{"bucket": "personal", "source_file": "speaker02_take03.wav", "start_time": start,
                                        "end_time": end, **more})


cut = trim(0.25, 1.25, file=("ignored.wav", TAKE)).json
url = cut["item"]["audio_url"]
check("a_trim_is_two_numbers", (cut["item"]["trimmed"], cut["item"]["trim_start_s"], cut["item"]["trim_end_s"]) == (True, 0.25, 1.25), cut)
check("a_trim_has_a_name_of_its_own", get(url).headers["ETag"] != get(url + "&whole=true").headers["ETag"])
check("a_trim_is_heard", samples_of(get(url).body) == samples_of(before)[4000:20000])
check("the_whole_can_be_heard", samples_of(get(url + "&whole=true").body) == samples_of(before))
check("a_trim_changes_no_file", files("personal_samples/hey_jarvis")["speaker02_take03.wav"] == before)
refused("a_trim_outside", trim(0.5, 9), 400, "")
refused("a_trim_backwards", trim(1, 0.5), 400, "end_time must be greater than start_time")
refused("a_trim_of_nothing", trim(1, 1.05), 400, "")
refused("a_trim_that_is_no_number", trim("nan", "inf"), 400, "start_time")
refused("a_trim_of_what_is_not_there", trim(0, 1, source_file="speaker09_take09.wav"), 404, "speaker09_take09.wav")
refused("a_trim_in_no_bucket", trim(0, 1, bucket="attic"), 400, "bucket")
back = form("/api/samples/revert", bucket="personal", file_name="speaker02_take03.wav").json
check("a_trim_is_reverted", back["item"]["trimmed"] is False and samples_of(get(url).body) == samples_of(before), back)
refused("nothing_to_revert", form("/api/samples/revert", bucket="personal", file_name="speaker02_take03.wav"), 400, "is not trimmed")
refused("nothing_there_to_revert", form("/api/samples/revert", bucket="personal", file_name="x.wav"), 404, "x.wav")

# ---- trash -------------------------------------------------------------------------------------------------------
kept = files("personal_samples/hey_jarvis")
gone = server.delete("/api/samples/personal/speaker02_take03.wav?wake_word=hey_jarvis").json
check("deleting_gives_a_ticket", gone["ok"] and gone["ticket"] and "speaker02_take03.wav" not in session()["takes"], gone)
refused("deleting_twice", server.delete("/api/samples/personal/speaker02_take03.wav?wake_word=hey_jarvis"), 404, "speaker02_take03")
refused("gone_is_gone", get(url), 404, "speaker02_take03.wav")
undone = post(f"/api/trash/{gone['ticket']}/restore").json
check("undo_brings_back_the_same_bytes", undone["item"]["saved_as"] == "speaker02_take03.wav"
      and files("personal_samples/hey_jarvis") == kept, undone)
refused("undo_twice", post(f"/api/trash/{gone['ticket']}/restore"), 404, "")
refused("no_such_ticket", post("/api/trash/nothing/restore"), 404, "")
for name in ("..%2f..%2frecorder_session.json", "%2e%2e", "x.txt", ".hidden.wav", "a%00.wav", "a" * 300 + ".wav"):
    answer = get(f"/api/audio/personal/{name}")
    check(f"no_way_out_by_{name[:12]}", answer.status in (400, 404) and answer.json.get("ok") is False, answer)
refused("no_such_bucket", get("/api/audio/attic/x.wav"), 404, "attic")
reset = post("/api/reset_recordings").json
check("a_reset_empties_the_word_only", reset["moved"] == len(reset["tickets"]) == len([n for n in kept if n.endswith(".wav") and "/" not in n])
      and session()["samples_total"] == 0 and get("/api/samples").json["personal_count"] == 21, reset)
for ticket in reset["tickets"]:
    post(f"/api/trash/{ticket}/restore")
check("a_reset_can_be_undone", files("personal_samples/hey_jarvis") == kept, set(kept) ^ set(files("personal_samples/hey_jarvis")))
reset = post("/api/reset_negative_samples").json
check("negatives_are_reset_alone", reset["moved"] == 2 and get("/api/samples").json["negative_count"] == 0
      and session()["samples_total"] > 0, reset)
check("a_reset_of_nothing", post("/api/reset_negative_samples").json["moved"] == 0)

# ---- recordings of the reference -----------------------------------------------------------------------------------
(server.data / "personal_samples/speaker01_take09.wav").write_bytes(TAKE)
(server.data / "personal_samples/speaker02_take03.wav").write_bytes(wav(word(1.2)))
loose = session()
check("loose_recordings_are_told", loose["loose_samples"] == 2 and "speaker01_take09.wav" not in loose["takes"], loose["loose_samples"])
count = session()["samples_total"]
check("loose_recordings_are_moved", post("/api/import_loose").json["moved"] == 2 and session()["loose_samples"] == 0
      and session()["samples_total"] == count + 2)
check("and_replace_nothing", files("personal_samples/hey_jarvis")["speaker02_take03.wav"] == before)

# ---- B35: no field of the wrong type gives 500 ----------------------------------------------------------------------
wrong = [None, True, 5, -1.5, 1e300, "", "abc", "\u0000", "a" * 5000, [], [1], {}, {"a": 1}]
statuses = {}
for key in ("phrase", "speakers_total", "takes_per_speaker", "lang", "phonemes", "also"):
    for value in wrong:
        answer = post("/api/start_session", {"phrase": "hey jarvis", **{key: value}})
        statuses[key, repr(value)[:20]] = answer.status
        if answer.status not in (200, 400) or answer.json.get("ok") is not (answer.status == 200):
            check(f"B35_start_session_{key}", False, (value, answer))
check("B35_start_session", all(status in (200, 400) for status in statuses.values()) and statuses["phrase", "5"] == 400
      and statuses["speakers_total", "'abc'"] == 400 and statuses["speakers_total", "None"] == 200, statuses)

# ---- B38: phrases of any kind, by the page's routes: taken as they are, or refused with a sentence; nothing of them runs --------
ODD = {"quotes": "\"hey\" 'jarvis' `touch executed` $(touch executed) ${HOME} \\ | & # @ % ; %s%n", "newline": "hey\njarvis", "emoji": "hey 🤖 👩\u200d🚀",
       "long": "ha " * 3333 + "a", "right_to_left": "שלום בית", "marks": "\u202ehey\u202c jarvis", "nul": "hey\0jarvis", "surrogate": "hey \ud800",
       "markup": "<img src=x onerror=alert(1)>", "option": "--help", "path": "../../etc/passwd"}
bad = []
for name, phrase in ODD.items():
    started = post("/api/start_session", {"phrase": phrase})
    hints = get("/api/hints?phrase=" + urllib.parse.quote(phrase.encode("utf-8", "surrogatepass")))
    shown = post("/api/preview", {"phrase": phrase, "clips": 1})
    for answer in (started, hints, shown):
        good = answer.json["ok"] is True if answer.status == 200 else 400 <= answer.status < 500 and len(answer.json["error"]) > 10 and answer.json["ok"] is False
        if not good:
            bad.append((name, answer))
    if started.status == 200 and (not re.fullmatch("[a-z0-9][a-z0-9_]{0,56}", started.json["safe_word"]) or session()["safe_word"] != started.json["safe_word"]
                                  or hints.status == 200 and started.json["safe_word"] != hints.json["id"]):
        bad.append((name, started, hints))
check("B38_odd_phrases_by_the_page", not bad, bad[:3])
check("B38_what_no_phrase_can_be_is_refused", [post("/api/start_session", {"phrase": ODD[name]}).status for name in ("nul", "surrogate", "long")] == [400] * 3
      and [post("/api/start_session", {"phrase": ODD[name]}).status for name in ("quotes", "emoji", "right_to_left", "option")] == [200] * 4)
check("B38_a_line_break_is_a_space", post("/api/start_session", {"phrase": ODD["newline"]}).json["raw_phrase"] == "hey jarvis", session())
check("B38_nothing_of_them_ran", not os.path.exists("executed") and not list(server.data.rglob("executed")))
post("/api/start_session", {"phrase": "hey jarvis"})
bad = []
for path in ("/api/reset_recordings", "/api/reset_negative_samples", "/api/import_loose", "/api/captured_audio/x.wav/discard",
             "/api/samples/personal/x.wav/vad", "/api/trash/x/restore"):
    for body in (b"{", b"[]", b"null", b"5", b'"x"', b"\xff\xfe", b'{"wake_word": 5}', b'{"wake_word": "../../etc"}',
                 b'{"wake_word": ["x"]}', b"[" * 20000):
        answer = server.request("POST", path, body, {"Content-Type": "application/json"})
        if not 400 <= answer.status < 500 or answer.json.get("ok") is not False:
            bad.append((path, body[:20], answer))
check("B35_bodies", not bad and session()["samples_total"] > 0, bad[:3])
bad = []
for path, fields in (("/api/upload_take", {"speaker_index": 1, "take_index": 1, "file": ("a.wav", TAKE)}),
                     ("/api/samples/trim", {"bucket": "personal", "source_file": "x.wav", "start_time": 0, "end_time": 1}),
                     ("/api/samples/revert", {"bucket": "personal", "file_name": "x.wav"})):
    for key in fields:
        for value in ("", "abc", "1e999", "-1", "0x10", "1.5", "\x01", "a" * 5000, None, ("file", b"\xff" * 100)):
            changed = {k: v for k, v in fields.items() if k != key} if value is None else {**fields, key: value}
            answer = form(path, **changed)
            if not 400 <= answer.status < 500:
                bad.append((path, key, value, answer))
check("B35_forms", not bad, bad[:3])
for path in ("/api/upload_take", "/api/samples/trim", "/api/start_session", "/api/upload_captured_audio"):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary="):
        answer = server.request("POST", path, b"phrase=x", {"Content-Type": kind})
        if not 400 <= answer.status < 500:
            check(f"B35_type_{kind}_at_{path}", False, answer)

# ---- B30: a restart ----------------------------------------------------------------------------------------------
post("/api/start_session", {"phrase": "hey jarvis", "speakers_total": 2, "takes_per_speaker": 3, "lang": "de", "phonemes": "/haɪ tʃˈaːvɪs/",
                             "also": ["hey travis"]})
told = session()
server.stop(kill=True)
server.start()
check("B30_a_killed_server_knows_its_session", session() == told, (told, session()))
server.stop()
(server.data / "recorder_session.json").write_bytes(b'{"phrase": 5, "also"')
server.start()
check("B30_a_damaged_session_is_no_session", session()["raw_phrase"] is None and session()["ok"])
post("/api/start_session", {"phrase": "hey jarvis", "speakers_total": 2, "takes_per_speaker": 3})
check("B30_and_the_recordings_are_there", told["items"] and names(session()["items"]) == names(told["items"]))

# ---- B31: what is in training does not change ----------------------------------------------------------------------
refused("no_training_of_what_is_no_phoneme", post("/api/train", {"preset": "draft", "allow_no_personal": True, "phonemes": "/☃a/"}), 400, "☃")
training = post("/api/train", {"preset": "draft", "allow_no_personal": True, "phonemes": "/hˈaɪ dʒˈɑːvɪs/"})
for _ in range(100):
    if session()["training"]["running"]:
        break
    time.sleep(0.1)
check("B31_a_training_runs", training.status == 200 and session()["training"]["running"], training)
job = json.loads(next((server.data / "work/.jobs").glob("*/job.json")).read_text())
check("a_training_is_told_how_it_is_said", "--phonemes=/hˈaɪ dʒˈɑːvɪs/" in job["arguments"], job["arguments"])
inputs = files("personal_samples"), files("negative_samples")
ticket = get("/api/trash").json["items"]
ticket = [entry["ticket"] for entry in ticket if entry["wake_word"] == "hey_jarvis" and entry["bucket"] == "personal"][0]
for name, answer in (("reset", post("/api/reset_recordings")), ("reset_negatives", post("/api/reset_negative_samples")),
                     ("take", take(1, 1)), ("upload", form("/api/upload_personal_sample", file=("a.wav", TAKE))),
                     ("negative", form("/api/upload_negative_sample", file=("a.wav", TAKE))),
                     ("delete", server.delete("/api/samples/personal/speaker01_take01.wav")),
                     ("trim", form("/api/samples/trim", bucket="personal", source_file="speaker01_take01.wav", start_time=0.1, end_time=1)),
                     ("import", post("/api/import_loose")), ("restore", post(f"/api/trash/{ticket}/restore")),
                     ("another_phrase", post("/api/start_session", {"phrase": "something else"}))):
    refused(f"B31_{name}_during_a_training", answer, 409, "in training")
check("B31_files_are_unchanged", inputs == (files("personal_samples"), files("negative_samples")))
check("B31_another_word_may_change", take(1, 2, wake_word="counting").status == 200)
log = server.data / "recorder_training.log"
size = log.stat().st_size if log.exists() else 0
check("B30_a_session_during_a_training_touches_no_log", post("/api/start_session", {"phrase": "hey jarvis"}).status == 200
      and (not log.exists() or log.stat().st_size >= size))
server.post("/api/train/cancel")
for _ in range(100):
    if not session()["training"]["running"]:
        break
    time.sleep(0.1)
check("B31_after_it_they_may_change", post("/api/reset_recordings").status == 200, session()["training"])
server.stop()
check("the_server_ends_well", server.process.returncode == 0, server.process.returncode)
finish()
