"""Each transform of the reference's augmentation beside audiomentations: the samples where the draws can be fixed, else the
statistics of many draws."""
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import wave

from common import check, finish, skip

try:
    import numpy as np
    import audiomentations as am
except ImportError as why:
    skip(f"{why}")

PROGRAM = os.environ["WAKESMITH_AUGMENT"]
root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-augment-"))
RATE, COUNT = 16000, 51200
rng = np.random.default_rng(1)
random.seed(1)
np.random.seed(1)


def ours(chain, x, *sounds, times=1, seed=1):
    (root / "chain.yaml").write_text(f"- {chain}\n")
    x.astype("<f4").tofile(root / "in.f32")
    subprocess.run([PROGRAM, root / "chain.yaml", str(seed), str(times), root / "in.f32", root / "out.f32", *sounds], check=True)
    return np.fromfile(root / "out.f32", "<f4").reshape(times, -1)


def theirs(transform, x, times=1):
    return np.stack([transform(x.astype(np.float32), RATE) for _ in range(times)])


def wav(name, x):
    path = root / name
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes((np.clip(x, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def rms(x):
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def close(name, a, b, most):
    worst = float(np.max(np.abs(a - b))) / max(1e-9, float(np.max(np.abs(b))))
    check(name, worst <= most, f"largest difference {worst:.2g} of the peak, at most {most:.2g}")


def alike(name, a, b, unit):
    """Means and deviations of many draws, by column: within what so many draws are known to."""
    error = np.sqrt((a.var(0) + b.var(0)) / len(a))
    means, spreads = np.abs(a.mean(0) - b.mean(0)) / np.maximum(error, 1e-6), a.std(0) / b.std(0)
    check(name, means.max() < 4.5 and 0.85 < spreads.min() and spreads.max() < 1.18,
          f"means differ by {means.max():.2g} standard errors ({np.abs(a.mean(0) - b.mean(0)).max():.2g} {unit}), deviations by {spreads}")


def bands(x):
    """Level in dB of third-octave-like bands, by row."""
    power = np.abs(np.fft.rfft(x, axis=1)) ** 2
    hertz = np.fft.rfftfreq(x.shape[1], 1 / RATE)
    edges = np.geomspace(60, 7900, 13)
    return np.stack([10 * np.log10(power[:, (hertz >= a) & (hertz < b)].mean(1)) for a, b in zip(edges, edges[1:])], 1)


# Something like a word: noise bursts over tones, silence around it.
time = np.arange(COUNT) / RATE
word = np.where((time > 1.2) & (time < 2.4), (0.3 * np.sin(2 * np.pi * 220 * time) + 0.1 * rng.standard_normal(COUNT)) *
                (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)), 0).astype(np.float32)
white = (0.1 * rng.standard_normal(COUNT)).astype(np.float32)

for gain in (-45, -20, 0, 6):
    close(f"gain_{gain}", ours(f"Gain: {{p: 1, min_gain_db: {gain}, max_gain_db: {gain}}}", word)[0],
          theirs(am.Gain(gain, gain, p=1), word)[0], 1e-5)
close("normalize_of_what_clips", ours("Normalize: {p: 1}", 3 * word)[0], theirs(am.Normalize(apply_to="only_too_loud_sounds", p=1), 3 * word)[0], 1e-5)
check("normalize_leaves_the_rest", np.array_equal(ours("Normalize: {p: 1}", word)[0], word))
for amount in (0.0001, 0.05, 0.1, 0.6):
    close(f"tanh_{amount}", ours(f"TanhDistortion: {{p: 1, min_distortion: {amount}, max_distortion: {amount}}}", word)[0],
          theirs(am.TanhDistortion(amount, amount, p=1), word)[0], 1e-4)
for centre, fraction in ((300, 0.6), (1000, 1.0), (3900, 1.8), (6000, 0.9)):
    for order in (2, 3, 4):
        other = am.BandStopFilter(centre, centre, fraction, fraction, min_rolloff=6 * order, max_rolloff=6 * order, p=1)
        close(f"band_stop_{centre}_{fraction}_{order}", ours(f"BandStopFilter: {{p: 1, min_center_freq: {centre}, max_center_freq: {centre}, "
              f"min_bandwidth_fraction: {fraction}, max_bandwidth_fraction: {fraction}, min_order: {order}, max_order: {order}}}", word)[0],
              theirs(other, word)[0], 2e-3)
response = np.zeros(4800)
response[0] = 0.9
response[200:] = 0.2 * rng.standard_normal(4600) * np.exp(-np.arange(4600) / 900)
wav("rirs/room.wav", response)
reverberant = theirs(am.ApplyImpulseResponse(str(root / "rirs"), leave_length_unchanged=True, p=1), word)[0]
mine = ours("ApplyImpulseResponse: {p: 1}", word, root / "rirs")[0]
close("impulse_response", mine / rms(mine), reverberant / rms(reverberant), 2e-3)
late = np.concatenate([word[:1000], np.zeros(COUNT - 3000), word[25000:27000]])  # the loudest part may lie in the tail that is cut
whole = np.convolve(late, np.round(response * 32767) / 32767)
close("impulse_response_is_levelled_by_all_of_it", ours("ApplyImpulseResponse: {p: 1}", late, root / "rirs")[0],
      (whole * 0.5 / np.abs(whole).max())[:COUNT], 2e-3)
noise = wav("noise/one.wav", 0.05 * rng.standard_normal(COUNT))
for snr in (-10, 5, 10):
    close(f"background_noise_{snr}", ours(f"AddBackgroundNoise: {{p: 1, min_snr_db: {snr}, max_snr_db: {snr}}}", word, noise)[0],
          theirs(am.AddBackgroundNoise(str(root / "noise"), snr, snr, p=1), word)[0], 1e-3)
short = wav("short/one.wav", 0.05 * rng.standard_normal(16000))
close("background_noise_that_is_short_sounds_again", ours("AddBackgroundNoise: {p: 1, min_snr_db: 0, max_snr_db: 0}", word, short)[0],
      theirs(am.AddBackgroundNoise(str(root / "short"), 0, 0, p=1), word)[0], 1e-3)

# Draws that cannot be fixed.
TIMES = 400
alike("seven_bands", bands(ours("SevenBandParametricEQ: {p: 1}", white, times=TIMES)) - bands(white[None]),
      bands(theirs(am.SevenBandParametricEQ(-6, 6, p=1), white, TIMES)) - bands(white[None]), "dB")
a, b = (x - word for x in (ours("AddColorNoise: {p: 1, min_snr_db: 10, max_snr_db: 10}", word, times=3 * TIMES),
                           theirs(am.AddColorNoise(10, 10, -6, 6, p=1), word, 3 * TIMES)))
check("colour_noise_level", np.allclose([rms(row) for row in a], rms(word) / 10 ** 0.5, rtol=1e-3), [rms(row) for row in a][:3])
alike("colour_noise_spectrum", bands(a), bands(b), "dB")
for decay in (-6, 0, 6):
    a, b = (x - word for x in (ours(f"AddColorNoise: {{p: 1, min_f_decay: {decay}, max_f_decay: {decay}}}", word, times=60),
                               theirs(am.AddColorNoise(10, 30, decay, decay, p=1), word, 60)))
    slope = [np.polyfit(np.arange(12), (bands(x) - bands(x).mean(1, keepdims=True)).mean(0), 1)[0] for x in (a, b)]
    check(f"colour_noise_of_{decay}_dB_an_octave", abs(slope[0] - slope[1]) < 0.3, slope)
tone = np.ones(COUNT, np.float32)
a, b = (20 * np.log10(np.maximum(1e-6, x[:, ::1600])) for x in (
    ours("GainTransition: {p: 1}", tone, times=2000), theirs(am.GainTransition(-10, 10, 0.2, 6, p=1), tone, 2000)))
alike("gain_transition", a, b, "dB")


def pitch(x):
    """Hz of the loudest line."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    return np.argmax(spectrum) * RATE / len(x)


def envelope(x):
    return np.array([rms(part) for part in x[:COUNT - COUNT % 1600].reshape(-1, 1600)])


voiced = np.where((time > 0.8) & (time < 2.4), sum(0.2 / k * np.sin(2 * np.pi * 200 * k * time) for k in (1, 2, 3)), 0).astype(np.float32)
for shift in (-3, -1.5, 1.5, 3):
    mine = ours(f"PitchShift: {{p: 1, min_semitones: {shift}, max_semitones: {shift}}}", voiced)[0]
    other = theirs(am.PitchShift(shift, shift, p=1), voiced)[0]
    check(f"pitch_of_{shift}_semitones", abs(pitch(mine) - 200 * 2 ** (shift / 12)) < 3 and abs(pitch(other) - pitch(mine)) < 4, (pitch(mine), pitch(other)))
    check(f"pitch_of_{shift}_keeps_the_duration", np.corrcoef(envelope(mine), envelope(other))[0, 1] > 0.98 and
          abs(rms(mine) / rms(voiced) - 1) < 0.15, (np.corrcoef(envelope(mine), envelope(other))[0, 1], rms(mine) / rms(voiced)))
chances = ours("Gain: {p: 0.8, min_gain_db: -6, max_gain_db: -6}", word, times=1000)
check("a_chance_is_a_chance", 770 <= sum(abs(rms(row) - rms(word)) > 1e-3 for row in chances) <= 830)
shutil.rmtree(root)
finish()
