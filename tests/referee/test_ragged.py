"""Feature folders beside mmap_ninja, the library that the framework keeps them with: what we write it reads, and what it
writes we read, in uint16 and float32."""
import pathlib
import tempfile
import wave

from common import check, finish, run, skip

try:
    import numpy
    from mmap_ninja.ragged import RaggedMmap
except ImportError as missing:
    skip(str(missing))

generator = numpy.random.default_rng(6)
counts = [generator.integers(0, 700, (rows, 40)).astype(numpy.uint16) for rows in (3, 1, 250, 204, 17)]
same = lambda ours, theirs: len(ours) == len(theirs) and all(
    (numpy.asarray(a) == b).all() and numpy.asarray(a).shape == b.shape for a, b in zip(ours, theirs))


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.ninja"))}


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for dtype, samples in {"uint16": counts, "float32": [(c * numpy.float32(0.0390625)).astype(numpy.float32) for c in counts]}.items():
        theirs, ours = folder / f"theirs_{dtype}_mmap", folder / f"ours_{dtype}_mmap"
        RaggedMmap.from_generator(out_dir=theirs, sample_generator=iter(samples), batch_size=2)
        check(f"the_library_wrote_{dtype}", (theirs / "dtype.ninja").read_text() == dtype)
        run("features", theirs, "-o", ours)
        check(f"we_read_its_{dtype}_and_it_reads_ours", same(RaggedMmap(ours), counts))
        if dtype == "uint16":
            different = [k for k, v in files(theirs).items() if files(ours).get(k) != v]
            check("our_files_are_its_files_byte_for_byte", not different and files(ours).keys() == files(theirs).keys(), str(different))
    # Its append goes on where ours ended.
    grown = RaggedMmap(ours)
    grown.extend(counts[:2])
    run("features", ours, "-o", folder / "grown_mmap")
    check("what_it_appends_to_ours_we_read", same(RaggedMmap(folder / "grown_mmap"), counts + counts[:2]))
    # Several at once, as the framework's folders have them.
    run("features", folder / "theirs_uint16_mmap", folder / "theirs_float32_mmap", "-o", folder / "both_mmap")
    check("several_become_one", same(RaggedMmap(folder / "both_mmap"), counts + counts))
    # Views of a recording, as the framework slides them.
    with wave.open(str(folder / "a.wav"), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
        file.writeframes(generator.integers(-9000, 9000, 32000).astype("<i2").tobytes())
    run("features", folder / "a.wav", "-o", folder / "a.npy")
    run("features", folder / "a.wav", "-o", folder / "slid_mmap", "--slide=10")
    whole = numpy.load(folder / "a.npy")
    check("ten_views_slide_over_a_recording", same(RaggedMmap(folder / "slid_mmap"),
                                                   [whole[i:len(whole) - 9 + i] for i in range(10)]))
    # Recordings of any origin through the reference's augmentation, split as Python's shuffle does.
    for name, count in (("clips", 25), ("people", 2)):
        (folder / name).mkdir()
        for i in range(count):
            with wave.open(str(folder / name / f"{i:02}.wav"), "wb") as file:
                file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
                file.writeframes(generator.integers(-9000, 9000, 12000).astype("<i2").tobytes())
    augment = lambda out, *more: run("wake_word_sample_augmenter", "--data-dir", folder / "data", "--input-dir", folder / "clips", "--personal-dir",
                                     folder / "people", "--output-dir", folder / out, "--personal-output-dir", folder / f"{out} people", *more)
    told = augment("made", "--threads=2")
    check("the_augmenter_tells_what_the_reference_tells", all(line in told for line in (
        "===== Augmenting 25 wake word samples (generated) =====", "   Augmenting testing (personal)",
        "      validation augmentation complete (generated)", f"Features ready: {folder / 'made'}/*/wakeword_mmap")), told)
    made = {split: RaggedMmap(folder / "made" / split / "wakeword_mmap") for split in ("training", "validation", "testing")}
    check("its_splits_and_views_are_those_of_the_reference", {k: (len(v), v[0].shape) for k, v in made.items()} == {
        "training": (42, (308, 40)), "validation": (2, (308, 40)), "testing": (2, (317, 40))}, {k: (len(v), v[0].shape) for k, v in made.items()})
    check("two_recordings_train_nothing", sorted(p.name for p in (folder / "made people").iterdir()) == ["testing", "validation"])
    check("an_example_is_heard_anew_each_time", not numpy.array_equal(made["training"][0], made["training"][1]))
    augment("again", "--threads=1")
    check("the_same_on_any_number_of_threads", same(RaggedMmap(folder / "again" / "training" / "wakeword_mmap"), list(made["training"])))
    (folder / "chain.yaml").write_text("[]")
    augment("plain", f"--augmentation={folder / 'chain.yaml'}")
    plain = RaggedMmap(folder / "plain" / "testing" / "wakeword_mmap")
    check("an_empty_chain_leaves_the_silence_before_a_clip", (numpy.asarray(plain[0])[:200] == 0).all() and numpy.asarray(plain[0]).any())
finish()
