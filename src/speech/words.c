// SPDX-License-Identifier: GPL-3.0-or-later
// Common words, for negatives: English ones by their part in a sentence, some of other languages as mere lists.
#include "speech/speech_internal.h"

#include <string.h>

const char *const speech_english[WORD_KINDS] = {
    [WORD_NOUN] =
        "account actor afternoon airport album angle animal answer apple apron arm army arrow artist attic aunt "
        "author autumn avenue baby bag bakery balance balcony ball banana band bank bargain barn basket battery beach "
        "bean bear bed bedroom bell bench bicycle bill bird birthday biscuit blanket board boat body bone book border "
        "bottle bottom bowl box boy branch bread breakfast bridge brother brush bucket budget building bus business "
        "butter button cabin cable cake calendar camera camp candle canvas captain car card carpet carrot carton "
        "castle cat ceiling centre chain chair chalk chance chapter charge cheese cherry chest chicken child chimney "
        "chocolate choice church circle city class clock cloud club coach coast coat coffee coin collar college "
        "colour column comedy comma company compass concert conductor cook cookie copy corn corner cottage cotton "
        "country couple course cousin cover cow cream crowd crown cup curtain cushion customer danger data date "
        "daughter day deal dentist desert design desk detail diamond dinner direction dish doctor dog dollar door "
        "dozen drawer dream dress drink driver drum dust eagle ear earth edge editor egg elbow elephant elevator "
        "engine engineer envelope evening event exam example excuse exit eye fabric face factory family farm farmer "
        "father feather fence festival fever field figure film finger finish fire fish flag flame flavour flight "
        "floor flour flower fog food foot forest fork fortune forum fountain fox frame freezer friend frog fruit "
        "furnace future galaxy game garage garbage garden garlic gate ghost giant gift giraffe girl glass glove goal "
        "gold goose grain grandmother grape grass ground group guard guest guide guitar hammer hand handle harbour "
        "harvest hat head heart heat heaven helmet hill history hobby holiday home honey hook horse hospital hotel "
        "hour house husband ice idea island jacket jam jar jewel job joke journal journey judge juice jungle jury "
        "kettle key keyboard kid kitchen knee knife ladder lady lake lamp language laptop laugh laundry law lawyer "
        "leaf leather lecture leg lemon lesson letter level library lid light line lion list lobby lock lunch machine "
        "magazine mail manager map marble market marriage marvel mask master match meal meat medicine meeting melon "
        "member memory menu message metal meter middle milk mind minute mirror model moment money monkey month moon "
        "morning mother motor mountain mouse mouth movie muscle museum mushroom music nail name napkin neck needle "
        "neighbour nephew nerve nest network news newspaper night noise noon north nose notebook novel number nurse "
        "ocean office officer oil onion opera orange orchard order oven owner oxygen package page pain paint painter "
        "pair palace pan paper parade parcel parent park parking parrot party passport path patient pattern peanut "
        "pen pencil people pepper person phone photo piano picnic picture piece pig pillow pilot pipe pizza planet "
        "plant plate platform player pocket poem poet police pond pony potato powder present president price prince "
        "printer prison prize problem program puppy purse puzzle queen question rabbit radio railway rain rainbow "
        "record remote report restaurant result rice ring river road robin robot rock roof room rooster rope rose "
        "roster rubber rug sailor salad salt sand sandwich sauce school science scissors screen sea season seat "
        "second secret server service shadow shape sheep sheet shelf shell ship shirt shoe shop shoulder shower sign "
        "signal silver singer sister skirt sky sleeve smile smoke snake snow soap soccer sofa soldier son song sound "
        "soup south speaker spider spoon sport spring square squirrel staff stage stair star station statue steam "
        "stone storm story stove stranger street student sugar suitcase summer sun supper surface sweater switch "
        "table tailor taxi teacher team tent theatre thunder ticket tiger tile title toaster tomato tongue tool tooth "
        "tourist towel tower town toy track tractor traffic train tree triangle trip trouble truck tunnel turkey "
        "turtle twin umbrella uncle uniform valley van vegetable vehicle video village violin visitor voice volcano "
        "waiter wall wallet war warden washer watch water wave weather wedding week weekend wheel whistle wife wind "
        "window wine winter wolf woman wood wool word worker world writer yard year yogurt zebra zoo",
    [WORD_VERB] =
        "add ask bake beat begin bend blow borrow bounce break bring build burn buy call carry catch change chase "
        "check choose clean climb close collect colour compare cook copy count cover cross cut deliver describe dig "
        "discover draw drink drive drop earn eat enjoy explain feed feel fetch fill find finish fix fold follow "
        "forget gather give grab grow guess handle hang hear heat help hide hit hold imagine improve invite join jump "
        "keep kick knock know lead learn leave lend lift like list load lock lose love make measure mend miss move "
        "need notice offer open order pack paint pass pay pick plan plant play point polish pour prepare press print "
        "promise pull push put raise reach read receive remember remove repair repeat replace return ride ring roll "
        "run save search see sell send serve share shut sign sing sort spend start stop study take teach tell thank "
        "throw touch train turn try understand use visit wait walk want warm wash watch wear weigh win wipe wrap "
        "write",
    [WORD_ADJECTIVE] =
        "afraid angry awful bad beautiful big bitter black blue boring bright broken brown busy calm careful cheap "
        "clean clever cloudy cold cool crazy curious dangerous dark deep different difficult dirty dry early easy "
        "empty excellent expensive fair famous fancy fast fat favourite fine flat free fresh friendly full funny "
        "gentle gold good grand great green grey guilty happy hard heavy high hollow hot huge hungry ill important "
        "jealous kind large late lazy light little lively local lonely long loud low lucky mad modern narrow nasty "
        "neat nervous new nice noisy normal odd old open orange perfect pink plain pleasant polite poor popular "
        "pretty private proud public purple quick quiet rare ready real red rich right ripe rough round rude sad safe "
        "salty serious shallow sharp short shy silent silly silver simple single sleepy slow small smart smooth soft "
        "solid sore sour special square steep sticky strange strong sudden sunny sweet tall tame tasty terrible thick "
        "thin tidy tiny tired ugly usual warm weak wet white wide wild wise wooden wonderful wrong yellow young",
    [WORD_ADVERB] =
        "again almost already always badly carefully certainly clearly daily early easily even finally gently hardly "
        "here honestly later loudly maybe nearly never normally often once only perhaps politely probably quickly "
        "quietly rarely really recently safely seldom slowly sometimes soon still suddenly there today together "
        "tomorrow tonight twice usually well yesterday",
    [WORD_NAME] =
        "Adam Alan Albert Alice Amanda Amy Andrea Andrew Anna Anthony Arthur Barbara Ben Bernard Betty Brian Carla "
        "Carol Caroline Charles Chris Claire Connor Daniel David Dennis Diana Donald Dora Edith Edward Elena Emily "
        "Emma Eric Eva Fiona Frank Fred George Gloria Grace Graham Hannah Harold Harry Harvey Helen Henry Howard Ian "
        "Irene Isabel Jack Jacob James Jane Janet Jason Jasper Jennifer Jerry Jill Joan John Jonathan Joseph Joyce "
        "Julia Karen Kate Keith Kevin Laura Lewis Linda Lisa Lucy Margaret Maria Mark Marvin Mary Matthew Max Michael "
        "Mike Monica Nancy Nathan Nicholas Nina Nora Oliver Oscar Pamela Patrick Paul Peter Philip Rachel Ralph "
        "Rebecca Richard Robert Roger Rosa Ruth Ryan Sally Samuel Sandra Sarah Simon Sophie Stella Stephen Susan "
        "Theodore Thomas Tim Tony Travis Victor Victoria Vincent Walter Wendy William Zoe",
    [WORD_PLACE] =
        "Africa Alaska Amsterdam Arizona Asia Athens Atlanta Australia Austria Baltimore Barcelona Berlin Boston "
        "Brazil Bristol Brussels Cairo California Cambridge Canada Chicago China Dallas Denmark Denver Dublin "
        "Edinburgh Egypt England Europe Finland Florence Florida France Geneva Germany Glasgow Greece Houston India "
        "Ireland Istanbul Italy Jamaica Japan Jersey Kansas Kenya Lisbon Liverpool London Madrid Manchester Mexico "
        "Miami Milan Montreal Moscow Nevada Norway Oregon Oslo Oxford Paris Peru Poland Portugal Prague Rome Russia "
        "Scotland Seattle Spain Stockholm Sweden Sydney Texas Tokyo Toronto Turkey Utah Venice Vienna Vietnam "
        "Virginia Wales Warsaw Washington Wisconsin York Zurich",
    [WORD_TIME] =
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June July August "
        "September October November December midnight noon breakfast lunch dinner Christmas Easter",
    [WORD_OTHER] =
        "about above across after against along among and anybody around because before behind below beneath beside "
        "between both but by during each either enough every everybody few for from further half hello hey how if "
        "inside into instead just less many more most much near neither nobody none nor not nothing of off okay on "
        "other others our out outside over please quite rather several since so some somebody something somewhere "
        "sorry such than thanks that the their them then these they this those though through toward under unless "
        "until up upon very what when where whether which while who whole whose why will with within without yes yet "
        "you your one two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty forty "
        "fifty hundred thousand million",
};

static const struct {
    const char *code, *words;
} lists[] = {
    {"de", "und der die das ist nicht haben werden können müssen Haus Wohnung Küche Fenster Garten Straße Stadt "
           "Wasser Kaffee Brot Butter Käse Apfel Kartoffel Frühstück Mittag Abend Morgen Nacht Woche Monat Jahr heute "
           "gestern Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Mutter Vater Bruder Schwester Kinder "
           "Freund Lehrer Schule Arbeit Computer Fernseher Licht Lampe Musik Lied Wetter Regen Sonne Schnee Winter "
           "Sommer Frühling Herbst schön groß klein schnell langsam alt neu gut schlecht rot grün blau gelb schwarz "
           "weiß bitte danke vielleicht natürlich zusammen machen gehen kommen sehen hören sprechen schreiben lesen "
           "kaufen fahren Zug Auto Fahrrad Flugzeug Berg Wald Fluss Vogel Hund Katze Pferd Tisch Stuhl Zeitung Brief "
           "Geschichte jung wichtig"},
    {"fr", "et le la les est pas avoir être faire maison cuisine fenêtre jardin rue ville eau café pain beurre "
           "fromage pomme jour matin soir nuit semaine mois année hier demain lundi mardi mercredi jeudi vendredi "
           "samedi dimanche mère père frère soeur enfant ami école travail ordinateur lumière lampe musique chanson "
           "temps pluie soleil neige hiver été printemps automne beau grand petit rapide lent vieux nouveau bon "
           "mauvais rouge vert bleu jaune noir blanc merci bonjour peut-être ensemble aller venir voir entendre "
           "parler écrire lire acheter train voiture vélo avion montagne forêt rivière oiseau chien chat cheval table "
           "chaise journal lettre histoire jeune important toujours jamais beaucoup quelque chose monsieur madame "
           "garçon fille homme femme monde pays"},
    {"es", "y el la los es no tener hacer casa cocina ventana jardín calle ciudad agua café pan mantequilla queso "
           "manzana día mañana tarde noche semana mes año hoy ayer lunes martes miércoles jueves viernes sábado "
           "domingo madre padre hermano hermana niño amigo escuela trabajo ordenador luz lámpara música canción "
           "tiempo lluvia sol nieve invierno verano primavera otoño bonito grande pequeño rápido lento viejo nuevo "
           "bueno malo rojo verde azul amarillo negro blanco gracias hola quizás juntos ir venir ver oír hablar "
           "escribir leer comprar tren coche bicicleta avión montaña bosque río pájaro perro gato caballo mesa silla "
           "periódico carta historia joven importante siempre nunca mucho algo señor señora muchacho chica hombre "
           "mujer mundo país"},
    {"it", "e il la gli è non avere fare casa cucina finestra giardino strada città acqua caffè pane burro formaggio "
           "mela giorno mattina sera notte settimana mese anno oggi ieri domani lunedì martedì mercoledì giovedì "
           "venerdì sabato domenica madre padre fratello sorella bambino amico scuola lavoro computer luce lampada "
           "musica canzone tempo pioggia sole neve inverno estate primavera autunno bello grande piccolo veloce lento "
           "vecchio nuovo buono cattivo rosso verde azzurro giallo nero bianco grazie ciao forse insieme andare "
           "venire vedere sentire parlare scrivere leggere comprare treno macchina bicicletta aereo montagna bosco "
           "fiume uccello cane gatto cavallo tavolo sedia giornale lettera storia giovane importante sempre mai molto "
           "qualcosa signore signora ragazzo donna mondo"},
    {"nl", "en de het een is niet hebben worden huis keuken raam tuin straat stad water koffie brood boter kaas appel "
           "dag ochtend avond nacht week maand jaar vandaag gisteren morgen maandag dinsdag woensdag donderdag "
           "vrijdag zaterdag zondag moeder vader broer zus kind vriend school werk computer licht lamp muziek liedje "
           "weer regen zon sneeuw winter zomer lente herfst mooi groot klein snel langzaam oud nieuw goed slecht rood "
           "groen blauw geel zwart wit bedankt hallo misschien samen gaan komen zien horen spreken schrijven lezen "
           "kopen trein auto fiets vliegtuig berg bos rivier vogel hond kat paard tafel stoel krant brief "
           "geschiedenis jong belangrijk altijd nooit veel iets meneer mevrouw jongen meisje man vrouw wereld land"},
    {"pt", "e o a os é não ter fazer casa cozinha janela jardim rua cidade água café pão manteiga queijo maçã dia "
           "manhã tarde noite semana mês ano hoje ontem amanhã segunda terça quarta quinta sexta sábado domingo mãe "
           "pai irmão irmã criança amigo escola trabalho computador luz lâmpada música canção tempo chuva sol neve "
           "inverno verão primavera outono bonito grande pequeno rápido lento velho novo bom mau vermelho verde azul "
           "amarelo preto branco obrigado olá talvez juntos ir vir ver ouvir falar escrever ler comprar trem carro "
           "bicicleta avião montanha floresta rio pássaro cachorro gato cavalo mesa cadeira jornal carta história "
           "jovem importante sempre nunca muito alguma coisa senhor senhora menino menina homem mulher mundo país"},
    {"ru", "и в не на я быть он с что это дом кухня окно сад улица город вода кофе хлеб масло сыр яблоко день утро "
           "вечер ночь неделя месяц год сегодня вчера завтра понедельник вторник среда четверг пятница суббота "
           "воскресенье мать отец брат сестра ребёнок друг школа работа компьютер свет лампа музыка песня погода "
           "дождь солнце снег зима лето весна осень красивый большой маленький быстрый медленный старый новый хороший "
           "плохой красный зелёный синий жёлтый чёрный белый спасибо привет может вместе идти прийти видеть слышать "
           "говорить писать читать купить поезд машина велосипед самолёт гора лес река птица собака кошка лошадь стол "
           "стул газета письмо история молодой важный всегда никогда много что-нибудь мальчик девочка человек женщина "
           "мир страна включи выключи поставь"},
    {"uk", "і в не на я бути він з що це дім кухня вікно сад вулиця місто вода кава хліб масло сир яблуко день ранок "
           "вечір ніч тиждень місяць рік сьогодні вчора завтра понеділок вівторок середа четвер п'ятниця субота "
           "неділя мати батько брат сестра дитина друг школа робота комп'ютер світло лампа музика пісня погода дощ "
           "сонце сніг зима літо весна осінь гарний великий малий швидкий повільний старий новий добрий поганий "
           "червоний зелений синій жовтий чорний білий дякую привіт може разом іти прийти бачити чути говорити писати "
           "читати купити поїзд машина велосипед літак гора ліс річка птах собака кішка кінь стіл стілець газета лист "
           "історія молодий важливий"},
    {"pl", "i w nie na ja być on z co to dom kuchnia okno ogród ulica miasto woda kawa chleb masło ser jabłko dzień "
           "rano wieczór noc tydzień miesiąc rok dzisiaj wczoraj jutro poniedziałek wtorek środa czwartek piątek "
           "sobota niedziela matka ojciec brat siostra dziecko przyjaciel szkoła praca komputer światło lampa muzyka "
           "piosenka pogoda deszcz słońce śnieg zima lato wiosna jesień piękny duży mały szybki powolny stary nowy "
           "dobry zły czerwony zielony niebieski żółty czarny biały dziękuję cześć może razem iść przyjść widzieć "
           "słyszeć mówić pisać czytać kupić pociąg samochód rower samolot góra las rzeka ptak pies kot koń stół "
           "krzesło gazeta list historia młody ważny zawsze nigdy dużo coś pan pani chłopiec dziewczyna człowiek "
           "kobieta świat kraj"},
    {"cs", "a v ne na já být on s co to dům kuchyně okno zahrada ulice město voda káva chléb máslo sýr jablko den "
           "ráno večer noc týden měsíc rok dnes včera zítra pondělí úterý středa čtvrtek pátek sobota neděle matka "
           "otec bratr sestra dítě přítel škola práce počítač světlo lampa hudba píseň počasí déšť slunce sníh zima "
           "léto jaro podzim krásný velký malý rychlý pomalý starý nový dobrý špatný červený zelený modrý žlutý černý "
           "bílý děkuji ahoj možná spolu jít přijít vidět slyšet mluvit psát číst koupit vlak auto kolo letadlo hora "
           "les řeka pták pes kočka kůň stůl židle noviny dopis příběh mladý důležitý vždy nikdy mnoho něco pán paní "
           "chlapec dívka člověk"},
    {"sv", "och i inte på jag vara han med vad det hus kök fönster trädgård gata stad vatten kaffe bröd smör ost "
           "äpple dag morgon kväll natt vecka månad år idag igår måndag tisdag onsdag torsdag fredag lördag söndag "
           "mor far bror syster barn vän skola arbete dator ljus lampa musik sång väder regn sol snö vinter sommar "
           "vår höst vacker stor liten snabb långsam gammal ny god dålig röd grön blå gul svart vit tack hej kanske "
           "tillsammans gå komma se höra tala skriva läsa köpa tåg bil cykel flygplan berg skog flod fågel hund katt "
           "häst bord stol tidning brev historia ung viktig alltid aldrig mycket något pojke flicka man kvinna värld "
           "land"},
    {"da", "og i ikke på jeg være han med hvad det hus køkken vindue have gade by vand kaffe brød smør ost æble dag "
           "morgen aften nat uge måned år mandag tirsdag onsdag torsdag fredag lørdag søndag mor far bror søster barn "
           "ven skole arbejde lys lampe musik sang vejr regn sol sne vinter sommer forår efterår smuk stor lille "
           "hurtig langsom gammel ny god dårlig rød grøn blå gul sort hvid tak hej måske sammen gå komme se høre tale "
           "skrive læse købe tog bil cykel fly bjerg skov flod fugl hund kat hest bord stol avis brev historie ung "
           "vigtig"},
    {"nb", "og i ikke på jeg være han med hva det hus kjøkken vindu hage gate by vann kaffe brød smør ost eple dag "
           "morgen kveld natt uke måned år mandag tirsdag onsdag torsdag fredag lørdag søndag mor far bror søster "
           "barn venn skole arbeid lys lampe musikk sang vær regn sol snø vinter sommer vår høst vakker stor liten "
           "rask langsom gammel ny god dårlig rød grønn blå gul svart hvit takk hei kanskje sammen gå komme se høre "
           "snakke skrive lese kjøpe tog bil sykkel fly fjell skog elv fugl hund katt hest bord stol avis brev "
           "historie ung viktig"},
    {"fi", "ja ei minä olla hän kanssa mikä se talo keittiö ikkuna puutarha katu kaupunki vesi kahvi leipä voi juusto "
           "omena päivä aamu ilta yö viikko kuukausi vuosi tänään eilen huomenna maanantai tiistai keskiviikko "
           "torstai perjantai lauantai sunnuntai äiti isä veli sisko lapsi ystävä koulu työ tietokone valo lamppu "
           "musiikki laulu sää sade aurinko lumi talvi kesä kevät syksy kaunis suuri pieni nopea hidas vanha uusi "
           "hyvä huono punainen vihreä sininen keltainen musta valkoinen kiitos hei ehkä yhdessä mennä tulla nähdä "
           "kuulla puhua kirjoittaa lukea ostaa juna auto pyörä lentokone vuori metsä joki lintu koira kissa hevonen "
           "pöytä tuoli lehti kirje tarina"},
    {"tr", "ve bir bu değil ben olmak o ile ne ev mutfak pencere bahçe sokak şehir su kahve ekmek tereyağı peynir "
           "elma gün sabah akşam gece hafta ay yıl bugün dün yarın pazartesi salı çarşamba perşembe cuma cumartesi "
           "pazar anne baba kardeş abla çocuk arkadaş okul iş bilgisayar ışık lamba müzik şarkı hava yağmur güneş kar "
           "kış yaz ilkbahar sonbahar güzel büyük küçük hızlı yavaş eski yeni iyi kötü kırmızı yeşil mavi sarı siyah "
           "beyaz teşekkürler merhaba belki birlikte gitmek gelmek görmek duymak konuşmak yazmak okumak tren araba "
           "bisiklet uçak dağ orman nehir kuş köpek kedi at masa sandalye gazete mektup hikaye genç önemli her zaman "
           "hiç çok"},
    {"sk", "a v nie na ja byť on s čo to dom kuchyňa okno záhrada ulica mesto voda káva chlieb maslo syr jablko deň "
           "ráno večer noc týždeň mesiac rok dnes včera zajtra pondelok utorok streda štvrtok piatok sobota nedeľa "
           "matka otec brat sestra dieťa priateľ škola práca počítač svetlo lampa hudba pieseň počasie dážď slnko "
           "sneh zima leto krásny veľký malý rýchly starý nový dobrý zlý červený zelený modrý žltý čierny biely "
           "ďakujem ahoj spolu ísť vidieť počuť hovoriť písať čítať kúpiť vlak auto hora les rieka vták pes mačka kôň "
           "stôl list"},
    {"hu", "és a az nem én lenni ő mi ez ház konyha ablak kert utca város víz kávé kenyér vaj sajt alma nap reggel "
           "este éjszaka hét hónap év ma tegnap holnap hétfő kedd szerda csütörtök péntek szombat vasárnap anya apa "
           "testvér gyerek barát iskola munka számítógép fény lámpa zene dal időjárás eső hó tél nyár tavasz ősz szép "
           "nagy kicsi gyors lassú régi új jó rossz piros zöld kék sárga fekete fehér köszönöm szia talán együtt "
           "menni jönni látni hallani beszélni írni olvasni venni vonat autó kerékpár repülő hegy erdő folyó madár "
           "kutya macska ló asztal szék"},
    {"ro", "și în nu pe eu este el cu ce casă bucătărie fereastră grădină stradă oraș apă cafea pâine unt brânză măr "
           "zi dimineață seară noapte săptămână lună an astăzi ieri mâine luni marți miercuri joi vineri sâmbătă "
           "duminică mamă tată frate soră copil prieten școală muncă calculator lumină lampă muzică cântec vreme "
           "ploaie soare zăpadă iarnă vară frumos mare mic repede încet vechi nou bun rău roșu verde albastru galben "
           "negru alb mulțumesc salut poate împreună merge vedea auzi vorbi scrie citi cumpăra tren mașină bicicletă "
           "avion munte pădure râu pasăre câine pisică cal masă scaun"},
    {"el", "και το η ο δεν εγώ είναι με τι σπίτι κουζίνα παράθυρο κήπος δρόμος πόλη νερό καφές ψωμί βούτυρο τυρί μήλο "
           "μέρα πρωί βράδυ νύχτα εβδομάδα μήνας χρόνος σήμερα χθες αύριο Δευτέρα Τρίτη Τετάρτη Πέμπτη Παρασκευή "
           "Σάββατο Κυριακή μητέρα πατέρας αδελφός αδελφή παιδί φίλος σχολείο δουλειά υπολογιστής φως λάμπα μουσική "
           "τραγούδι καιρός βροχή ήλιος χιόνι χειμώνας καλοκαίρι όμορφος μεγάλος μικρός γρήγορος παλιός νέος καλός "
           "κακός κόκκινο πράσινο μπλε κίτρινο μαύρο άσπρο ευχαριστώ γεια ίσως μαζί πηγαίνω βλέπω ακούω μιλάω γράφω "
           "διαβάζω τρένο αυτοκίνητο βουνό δάσος ποτάμι πουλί σκύλος γάτα άλογο τραπέζι"},
    {"id", "dan di tidak yang saya adalah dia dengan apa ini itu rumah dapur jendela kebun jalan kota air kopi roti "
           "mentega keju apel hari pagi sore malam minggu bulan tahun sekarang kemarin besok Senin Selasa Rabu Kamis "
           "Jumat Sabtu ibu ayah kakak adik anak teman sekolah kerja komputer lampu musik lagu cuaca hujan matahari "
           "salju musim indah besar kecil cepat lambat tua baru baik buruk merah hijau biru kuning hitam putih terima "
           "kasih halo mungkin bersama pergi datang lihat dengar bicara tulis baca beli kereta mobil sepeda pesawat "
           "gunung hutan sungai burung anjing kucing kuda meja kursi"},
    {"vi", "và trong không tôi là anh với gì này nhà bếp cửa sổ vườn đường thành phố nước cà phê bánh mì bơ táo ngày "
           "sáng chiều tối đêm tuần tháng năm hôm nay qua mai mẹ cha em chị con bạn trường việc máy tính đèn nhạc bài "
           "hát trời mưa nắng tuyết đông hè xuân thu đẹp lớn nhỏ nhanh chậm cũ mới tốt xấu đỏ xanh vàng đen trắng cảm "
           "ơn chào cùng đi đến xem nghe nói viết đọc mua tàu xe đạp bay núi rừng sông chim chó mèo ngựa bàn ghế"},
    {"ja", "わたし これ それ いえ まど にわ みち まち みず コーヒー パン バター チーズ りんご あさ ひる よる きょう あした きのう げつようび かようび すいようび もくようび きんようび どようび "
           "にちようび おかあさん おとうさん きょうだい こども ともだち がっこう しごと コンピューター でんき おんがく うた てんき あめ たいよう ゆき ふゆ なつ はる あき きれい おおきい ちいさい "
           "はやい おそい ふるい あたらしい いい わるい あか みどり あお きいろ くろ しろ ありがとう こんにちは たぶん いっしょに いく くる みる きく はなす かく よむ かう でんしゃ くるま "
           "じてんしゃ ひこうき やま もり かわ とり いぬ ねこ うま つくえ いす しんぶん てがみ"},
    {"ko", "그리고 나 이것 그것 집 부엌 창문 정원 거리 도시 물 커피 빵 버터 치즈 사과 날 아침 저녁 밤 주 달 해 오늘 어제 내일 월요일 화요일 수요일 목요일 금요일 토요일 일요일 어머니 아버지 "
           "형 누나 아이 친구 학교 일 컴퓨터 불 음악 노래 날씨 비 태양 눈 겨울 여름 봄 가을 예쁜 큰 작은 빠른 느린 오래된 새 좋은 나쁜 빨간 초록 파란 노란 검은 하얀 감사합니다 안녕 아마 "
           "함께 가다 오다 보다 듣다 말하다 쓰다 읽다 사다 기차 자동차 자전거 비행기 산 숲 강 새 개 고양이 말 책상 의자"},
    {"hi", "और में नहीं मैं है वह साथ क्या यह घर रसोई खिड़की बगीचा सड़क शहर पानी कॉफी रोटी मक्खन पनीर सेब दिन सुबह "
           "शाम रात सप्ताह महीना साल आज कल सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार माता पिता भाई बहन "
           "बच्चा दोस्त स्कूल काम कंप्यूटर रोशनी संगीत गाना मौसम बारिश सूरज बर्फ सर्दी गर्मी सुंदर बड़ा छोटा तेज़ "
           "धीमा पुराना नया अच्छा बुरा लाल हरा नीला पीला काला सफेद धन्यवाद नमस्ते शायद जाना आना देखना सुनना बोलना "
           "लिखना पढ़ना खरीदना गाड़ी पहाड़ जंगल नदी पक्षी कुत्ता बिल्ली घोड़ा मेज कुर्सी"},
    {"he", "של לא אני הוא עם מה זה בית מטבח חלון גן רחוב עיר מים קפה לחם חמאה גבינה תפוח יום בוקר ערב לילה שבוע חודש "
           "שנה היום אתמול מחר אמא אבא אח אחות ילד חבר ספר עבודה מחשב אור מנורה שיר גשם שמש שלג חורף קיץ אביב יפה "
           "גדול קטן מהיר ישן חדש טוב רע אדום ירוק כחול צהוב שחור לבן תודה שלום אולי ביחד ללכת לראות לשמוע לדבר לכתוב "
           "לקרוא לקנות רכבת מכונית הר יער נהר ציפור כלב חתול סוס שולחן"},
    {"ar", "و في لا أنا هو مع ما هذا بيت مطبخ نافذة حديقة شارع مدينة ماء قهوة خبز زبدة جبن تفاح يوم صباح مساء ليل "
           "أسبوع شهر سنة اليوم أمس غدا الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد أم أب أخ أخت طفل صديق "
           "مدرسة عمل حاسوب نور مصباح موسيقى أغنية مطر شمس ثلج شتاء صيف جميل كبير صغير سريع قديم جديد جيد أحمر أخضر "
           "أزرق أصفر أسود أبيض شكرا مرحبا ربما معا ذهب رأى سمع تكلم كتب قرأ قطار سيارة جبل غابة نهر طائر كلب قطة "
           "حصان"},
    {"fa", "و در نه من است او با چه این خانه آشپزخانه پنجره باغ خیابان شهر آب قهوه نان کره پنیر سیب روز صبح عصر شب "
           "هفته ماه سال امروز دیروز فردا شنبه یکشنبه دوشنبه مادر پدر برادر خواهر بچه دوست مدرسه کار رایانه نور چراغ "
           "موسیقی آهنگ هوا باران خورشید برف زمستان تابستان بهار پاییز زیبا بزرگ کوچک تند کند کهنه نو خوب بد سرخ سبز "
           "آبی زرد سیاه سفید سپاس سلام شاید باهم رفتن آمدن دیدن شنیدن گفتن نوشتن خواندن خریدن قطار ماشین کوه جنگل "
           "رود پرنده سگ گربه اسب میز"},
    {"zh", "你 我 他 是 不 在 有 这 那 什么 家 房子 厨房 窗户 花园 街道 城市 水 咖啡 面包 黄油 奶酪 苹果 米饭 面条 鸡蛋 "
           "茶 早上 中午 下午 晚上 夜里 星期 月亮 月份 今年 今天 昨天 明天 星期一 星期二 星期三 星期四 星期五 星期六 "
           "星期天 妈妈 爸爸 哥哥 姐姐 弟弟 妹妹 孩子 朋友 老师 学校 学生 工作 电脑 手机 电视 灯 台灯 音乐 歌曲 天气 "
           "下雨 太阳 雪 冬天 夏天 春天 秋天 漂亮 大 小 快 慢 老 新 好 坏 红色 绿色 蓝色 黄色 黑色 白色 谢谢 你好 再见 "
           "请 对不起 也许 一起 走 来 看见 听 说话 写字 读书 买 卖 打开 关上 开始 停止 播放 火车 汽车 自行车 飞机 山 "
           "森林 河 海 鸟 狗 猫 马 鱼 桌子 椅子 报纸 信 故事 年轻 重要 总是 从来 很多 东西 先生 女士 男孩 女孩 男人 女人 "
           "世界 国家 中国 北京 上海 时间 问题 知道 喜欢 医院 医生 商店 公司 银行 名字 高兴 小心 小时 智慧 指示 晓得"},
};

const char *speech_word_list(const char *code)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (strcmp(code, lists[i].code) == 0)
            return lists[i].words;
    return "";
}
