"""The front end beside pymicro-features, on 200 random recordings of people."""
import tempfile

from common import check, finish, need_shared, real_clips, run, skip

try:
    import numpy
    import soundfile
    from pymicro_features import MicroFrontend
except ImportError as missing:
    skip(str(missing))

need_shared()


def reference(pcm):
    frontend, rows = MicroFrontend(), []
    for at in range(0, len(pcm) - len(pcm) % 160, 160):
        output = frontend.process_samples(pcm[at:at + 160].tobytes())
        if output.features:
            rows.append(output.features)
    return numpy.rint(numpy.array(rows).reshape(-1, 40) / 0.0390625).astype(numpy.uint16)


different, rows = 0, 0
with tempfile.TemporaryDirectory() as folder:
    for path in real_clips(200):
        run("features", path, "-o", f"{folder}/x.npy")
        ours = numpy.load(f"{folder}/x.npy")
        pcm, rate = soundfile.read(path, dtype="int16")
        assert rate == 16000
        theirs = reference(pcm)
        rows += len(theirs)
        different += 0 if ours.shape == theirs.shape and (ours == theirs).all() else 1
check("features_equal_pymicro_features_on_200_clips", different == 0 and rows > 10000, f"{different} clips differ")
finish()
