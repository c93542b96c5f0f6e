"""The inbox of the satellites: what devices post, in headers and forms, and the review."""
import json
import math
import random
import struct
import threading

from serve import Server, check, finish, samples_of, wav

random.seed(2)
server = Server()
post, form, get = server.post, server.form, server.get
CLIP = [int(3000 * math.sin(i / 9)) for i in range(24000)]
PCM = struct.pack(f"<{len(CLIP)}h", *CLIP)
WAV = wav(CLIP)


def raw(body=PCM, **headers):
    names = {name.replace("_", "-"): value for name, value in {"X_Audio_Format": "pcm_s16le", **headers}.items() if value is not None}
    return server.request("POST", "/api/upload_captured_audio_raw", body, {"Content-Type": "application/octet-stream", **names})


def inbox():
    return get("/api/captured_audio").json


def refused(name, answer, status, says):
    check(name, answer.status == status and answer.json.get("ok") is False and says in answer.json.get("error", ""),
          f"wanted {status} {says!r}, got {answer}")


check("the_inbox_begins_empty", inbox() == {"ok": True, "items": [], "captured_count": 0}, inbox())

# ---- the headers: each row of the table --------------------------------------------------------------------------
told = {"X_Original_Name": ("before.wav", "original_name", "before.wav"), "X_Source_Device": ("kitchen", "source_device", "kitchen"),
        "X_Wake_Word": ("Hey Jarvis", "wake_word", "hey_jarvis"), "X_Event_Type": ("close", "event_type", "close"),
        "X_Captured_At": ("2026-11-22T10:00:00Z", "captured_at", "2026-11-22T10:00:00Z"),
        "X_Blocked_By_Vad": ("Yes", "blocked_by_vad", True), "X_Max_Probability": ("0.75", "max_probability", 0.75),
        "X_Average_Probability": ("0.5", "average_probability", 0.5), "X_Probability_Cutoff": ("247", "probability_cutoff", 247),
        "X_Peak_Probability_Cutoff": ("255", "peak_probability_cutoff", 255), "X_Active_Windows": ("3", "active_window_count", 3),
        "X_Min_Active_Windows": ("2", "min_active_windows", 2), "X_Rise_Score": ("-7", "rise_score", -7),
        "X_Vad_Max_Probability": ("200", "vad_max_probability", 200), "X_Vad_Average_Probability": ("100", "vad_average_probability", 100),
        "X_Detection_Profile": ("quiet", "detection_profile", "quiet"),
        "X_Probability_History": ("1, 2,x,,204,9999999999999999999,-3", "probability_history", [1, 2, 204, -3]),
        "X_Notes": ("by the door", "notes", "by the door")}
answer = raw(**{header: row[0] for header, row in told.items()}).json
item = answer.get("item", {})
for header, (_, key, value) in told.items():
    check(f"header_{header}", item.get(key) == value, (key, item.get(key), value))
check("a_capture_is_kept_with_what_is_known", answer["ok"] and answer["captured_count"] == 1 and item["bucket"] == "captured"
      and item["review_status"] == "pending" and item["saved_as"].startswith("captured_") and item["final_format"]
      and item["received_at"] and abs(item["seconds"] - 1.5) < 1e-6 and item["size_bytes"] == len(WAV), answer)
bad = raw(X_Max_Probability="nan", X_Average_Probability="much", X_Probability_Cutoff="256", X_Rise_Score="3.5",
          X_Active_Windows="99999999999999", X_Blocked_By_Vad="perhaps", X_Source_Device="k\xfc").json["item"]
check("numbers_that_do_not_parse_are_null", [bad.get(key) for key in ("max_probability", "average_probability", "probability_cutoff",
      "rise_score", "active_window_count")] == [None] * 5 and bad["blocked_by_vad"] is False, bad)
check("a_capture_without_a_word_has_none_before_a_session", bad["wake_word"] == "" and bad["event_type"] == "captured", bad)

# ---- formats -----------------------------------------------------------------------------------------------------
check("wav_is_the_default", raw(WAV, X_Audio_Format=None).status == 200)
for name in ("wav", "audio/wav", "audio/x-wav", "WAV"):
    check(f"format_{name}", raw(WAV, X_Audio_Format=name).status == 200)
refused("another_format", raw(PCM, X_Audio_Format="opus"), 400, "X-Audio-Format")
refused("half_a_sample", raw(PCM[:-1]), 400, "two bytes a sample")
refused("an_empty_body", raw(b""), 400, "Empty/invalid file")
refused("pcm_that_says_it_is_wav", raw(PCM, X_Audio_Format="wav"), 400, "")
refused("longer_than_a_minute", raw(bytes(32000 * 61)), 400, "longer than 60 s")
refused("B32_ten_megabytes_and_a_byte", raw(bytes((10 << 20) + 1)), 413, "10")

# ---- the form ----------------------------------------------------------------------------------------------------
metadata = {"source_device": "hall", "notes": "old", "probability_history": [5, 6], "max_probability": 0.25, "firmware": "1.2",
            "sha256": "0" * 64, "bucket": "personal"}
item = form("/api/upload_captured_audio", file=("x.wav", WAV), notes="new", wake_word="hey_jarvis",
            metadata_json=json.dumps(metadata)).json["item"]
check("the_form_wins_over_the_metadata", (item["notes"], item["source_device"], item["max_probability"], item["probability_history"])
      == ("new", "hall", 0.25, [5, 6]), item)
check("unknown_metadata_is_kept_aside", item["metadata"]["firmware"] == "1.2" and item["bucket"] == "captured"
      and item["sha256"] != "0" * 64, item)
for text in ("[1]", "{", "5", "null"):
    refused(f"metadata_{text}", form("/api/upload_captured_audio", file=("x.wav", WAV), metadata_json=text), 400,
            "metadata_json must be a JSON object")

# ---- loudness of playback ------------------------------------------------------------------------------------------
quiet = raw(struct.pack("<24000h", *[s // 30 for s in CLIP])).json["item"]
sound = get(quiet["audio_url"])
plain = samples_of(get(quiet["audio_url"] + "?gain=false").body)
loud = samples_of(sound.body)
gain = float(sound.headers["X-Playback-Gain"])
check("a_quiet_capture_is_played_louder", quiet["playback_gain"] > 10 and abs(gain - quiet["playback_gain"]) < 0.01 * gain
      and all(abs(a - b * gain) <= 1 for a, b in zip(loud, plain)), (quiet["playback_gain"], gain))
check("the_gain_follows_the_rule", 0.055 < math.sqrt(sum(s * s for s in loud) / len(loud)) / 32768 < 0.065,
      math.sqrt(sum(s * s for s in loud) / len(loud)) / 32768)
check("the_file_is_not_changed", plain == [s // 30 for s in CLIP])
full = raw(struct.pack("<24000h", *[s * 8 for s in CLIP])).json["item"]
check("a_loud_capture_is_played_as_it_is", full["playback_gain"] == 1)

# ---- review --------------------------------------------------------------------------------------------------------
post("/api/start_session", {"phrase": "computer"})
mine = raw(X_Source_Device="bath").json["item"]
check("a_capture_without_a_word_is_the_sessions", mine["wake_word"] == "computer", mine)
approved = post(f"/api/captured_audio/{mine['saved_as']}/approve_personal").json["item"]
check("an_approved_capture_is_a_sample", (approved["bucket"], approved["wake_word"], approved["review_status"], approved["source_device"])
      == ("personal", "computer", "approved_personal", "bath") and approved["reviewed_at"]
      and [i["saved_as"] for i in get("/api/session").json["items"]] == [approved["saved_as"]], approved)
check("it_left_the_inbox", mine["saved_as"] not in [i["saved_as"] for i in inbox()["items"]])
check("it_sounds_as_before", samples_of(get(approved["audio_url"]).body) == CLIP)
false = raw(X_Wake_Word="computer").json["item"]
marked = post(f"/api/captured_audio/{false['saved_as']}/mark_negative", {"wake_word": "hey_jarvis"}).json["item"]
check("a_false_alarm_is_a_negative_of_the_named_word", (marked["bucket"], marked["wake_word"], marked["review_status"])
      == ("negative", "hey_jarvis", "approved_negative") and get("/api/samples?wake_word=hey_jarvis").json["negative_count"] == 1, marked)
left = raw().json["item"]
count = inbox()["captured_count"]
gone = post(f"/api/captured_audio/{left['saved_as']}/discard").json
check("a_discarded_capture_is_in_the_trash", gone["ok"] and inbox()["captured_count"] == count - 1, gone)
back = post(f"/api/trash/{gone['ticket']}/restore").json
check("and_can_be_brought_back", back["item"]["bucket"] == "captured" and inbox()["captured_count"] == count
      and back["item"]["review_status"] == "pending", back)
refused("no_such_capture", post("/api/captured_audio/captured_9999.wav/discard"), 404, "captured_9999.wav")
refused("no_such_verdict", post(f"/api/captured_audio/{left['saved_as']}/praise"), 404, "approve_personal")
check("the_inbox_is_newest_first", [i["created_at"] for i in inbox()["items"]] == sorted((i["created_at"] for i in inbox()["items"]), reverse=True))
check("nobody_else_is_asked", get("/api/captured_audio/x/discard").status == 405)

# ---- many at once: nothing is lost, nothing is stored twice ----------------------------------------------------------
before, answers = inbox()["captured_count"], []
threads = [threading.Thread(target=lambda n=n: answers.append(raw(X_Source_Device=f"load{n % 5}"))) for n in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
saved = [a.json.get("saved_as") for a in answers]
check("forty_at_once_are_all_kept", all(a.status == 200 for a in answers) and len(set(saved)) == 40
      and inbox()["captured_count"] == before + 40 and set(saved) <= {i["saved_as"] for i in inbox()["items"]}, saved)

# ---- the quota of a device: the oldest make room, and the answer says so ---------------------------------------------
small = struct.pack("<1600h", *CLIP[:1600])
first = raw(small, X_Source_Device="chatty", X_Notes="the first").json["item"]["saved_as"]
removed = 0
for _ in range(560):
    removed += raw(small, X_Source_Device="chatty").json.get("removed", 0)
now = inbox()
chatty = [i["saved_as"] for i in now["items"] if i.get("source_device") == "chatty"]
check("a_device_has_a_quota", 500 <= len(chatty) <= 549 and removed == 561 - len(chatty), (len(chatty), removed))
check("the_oldest_made_room", first not in chatty and now["captured_count"] == before + 40 + len(chatty)
      and all(i in {x["saved_as"] for x in now["items"]} for i in saved))
server.stop()
check("the_server_ends_well", server.process.returncode == 0, server.process.returncode)
finish()
