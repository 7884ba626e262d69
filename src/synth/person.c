#include "synth/person.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "synth/dice.h"

#define STREAM_PERSON 0x70657273U
#define PARTS         12

/* How names of one script sound in Latin letters.  All parts are invented; an empty text
 * ends a list early. */
struct sound {
	char script[5];
	const char *start[PARTS]; /* of a syllable */
	const char *vowel[PARTS];
	const char *close[PARTS];  /* of a syllable, often "" */
	const char *family[PARTS]; /* ends of surnames */
	const char *woman[4];
	const char *man[4];
	unsigned two_surnames; /* in a hundred */
};

static const struct sound sounds[] = {
	{ "Latn",
	  { "BR", "V", "QU", "TH", "M", "D", "GL", "L", "S", "P", "F", "H" },
	  { "A", "E", "I", "O", "U", "EI", "OU", "A", "E", "I", "O", "AU" },
	  { "R", "L", "N", "M", "SK", "NT", "T", "X", "", "", "", "S" },
	  { "SEN", "WICK", "MOOR", "BERT", "AUD", "INGA", "HOLT", "ELLI", "MONDA", "EAU", "GART",
	    "OSSA" },
	  { "INE", "ELA", "ISSA", "YRA" },
	  { "ON", "ARD", "US", "WIN" },
	  18 },
	{ "Cyrl",
	  { "V", "ZH", "KR", "D", "TS", "ST", "M", "L", "KH", "B", "SH", "P" },
	  { "A", "O", "E", "U", "Y", "IA", "A", "O", "E", "I", "U", "O" },
	  { "R", "N", "L", "V", "SK", "M", "", "", "", "ST", "K", "" },
	  { "OVNIK", "ETSKO", "ARENKO", "YSHIN", "OVAR", "UKHA", "EVLIN", "ONYSH", "AVSKO", "ICHEV",
	    "UROV", "ETKIN" },
	  { "ANYA", "ELKA", "USHA", "ISLA" },
	  { "OMIR", "ASLAV", "EGOR", "UNTY" },
	  2 },
	{ "Arab",
	  { "KH", "Q", "Z", "H", "S", "SH", "M", "N", "T", "F", "R", "GH" },
	  { "A", "U", "I", "A", "AA", "OU", "EE", "A", "U", "I", "A", "AI" },
	  { "R", "B", "D", "M", "Z", "L", "", "", "F", "QT", "N", "" },
	  { "ANI", "ZADEH", "URI", "AWI", "OUM", "AQI", "ILLAH", "ADDIN", "AHRI", "OUSH", "EEMI",
	    "ATIR" },
	  { "IYA", "ULA", "EENA", "ABEH" },
	  { "IR", "UD", "AAN", "EEF" },
	  8 },
	{ "Deva",
	  { "BH", "CH", "J", "K", "PR", "S", "SH", "V", "R", "DH", "G", "N" },
	  { "A", "I", "U", "AA", "EE", "O", "A", "I", "E", "A", "OO", "AI" },
	  { "N", "R", "L", "SH", "M", "", "", "T", "", "JN", "", "K" },
	  { "ARKAR", "ANDRI", "WALIR", "ESHAN", "AGARE", "ULKAR", "INGRA", "OTRA", "AVATI", "ANDEK",
	    "IPATRI", "ASKAL" },
	  { "IKA", "ANI", "ITHA", "UMA" },
	  { "ESH", "ANT", "IVAR", "UJ" },
	  3 },
	{ "Hani",
	  { "ZH", "X", "Q", "L", "M", "T", "SH", "W", "Y", "CH", "D", "G" },
	  { "AO", "IU", "EI", "UO", "A", "I", "U", "IA", "OU", "AI", "E", "UI" },
	  { "N", "NG", "", "", "", "N", "NG", "", "", "", "N", "" },
	  { "ZAO", "KEI", "FUAN", "SUOR", "LIOM", "TEU", "MIOU", "DWEN", "PAI", "NUOT", "GIAO",
	    "RUN" },
	  { "YUE", "LIAN", "QIU", "XIU" },
	  { "JUO", "WEN", "TIAO", "HUO" },
	  0 },
	{ "Grek",
	  { "TH", "K", "P", "M", "X", "ST", "D", "L", "PS", "N", "G", "V" },
	  { "A", "O", "I", "E", "OU", "Y", "A", "O", "I", "AI", "E", "EO" },
	  { "S", "N", "R", "", "", "KT", "L", "", "M", "", "PH", "S" },
	  { "OPRAKIS", "IDELIS", "ANTROS", "OUMIS", "AKLIS", "EMPOS", "ONTRIS", "IKAROU", "ATHIS",
	    "OLDIS", "ARGAS", "EPSIS" },
	  { "OULA", "ETTI", "IPHI", "ANTA" },
	  { "OKLES", "ANDIS", "ESTOR", "IMOS" },
	  2 },
	{ "Ethi",
	  { "T", "W", "G", "M", "Z", "B", "D", "Y", "H", "K", "F", "S" },
	  { "E", "A", "I", "U", "O", "E", "A", "E", "I", "A", "E", "O" },
	  { "L", "N", "R", "SF", "M", "", "", "D", "", "KL", "", "G" },
	  { "AYELU", "EGEDO", "IMARU", "ASSEHA", "OBRE", "ITENU", "EMARI", "UDAYE", "AKISO",
	    "EWALO", "ODISA", "EREGA" },
	  { "ITU", "ESHA", "AWIT", "ELEM" },
	  { "AKU", "OFRE", "EMU", "ISAY" },
	  0 },
	{ "Latn", /* Turkic and others that write Latin now */
	  { "Y", "K", "D", "G", "B", "T", "S", "OR", "M", "CH", "ER", "N" },
	  { "I", "A", "U", "O", "E", "A", "I", "U", "A", "OE", "E", "UO" },
	  { "LD", "R", "N", "K", "Z", "T", "", "", "L", "", "RT", "M" },
	  { "OGLAR", "MERK", "SOYU", "DURAL", "KAYIN", "TASHLI", "BEKIR", "ALTIN", "GURAY", "OZMEL",
	    "YAREN", "DEMIK" },
	  { "NUR", "GUL", "AY", "SEN" },
	  { "BEY", "TUG", "HAN", "KUT" },
	  6 },
};

/* Spellings that clerks swap for one another; the first that is found is swapped. */
static const char *const swaps[][2] = {
	{ "KH", "H" },   { "ZH", "J" },  { "OU", "U" }, { "EE", "I" },  { "AA", "A" },
	{ "SH", "SCH" }, { "TS", "TZ" }, { "PH", "F" }, { "EI", "AY" }, { "QU", "KW" },
	{ "CH", "TCH" }, { "IA", "YA" }, { "OE", "O" }, { "UO", "U" },  { "TH", "T" },
	{ "X", "KS" },   { "Q", "K" },   { "Y", "I" },  { "W", "V" },   { "C", "K" },
};

static const char states[][4] = {
	"AFG", "AGO", "ALB", "ARG", "AUS", "BGD", "BRA", "CAN", "CHN", "CIV", "COD",
	"COL", "DZA", "EGY", "ERI", "ESP", "ETH", "FRA", "GEO", "GHA", "GRC", "IND",
	"IRN", "IRQ", "ITA", "KEN", "LBN", "MAR", "MDA", "MEX", "NGA", "PAK", "POL",
	"SEN", "SYR", "TUN", "TUR", "UKR", "VNM", "XXA", "XXB",
};

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))

static void add(char *name, const char *part)
{
	size_t at = strlen(name);
	size_t len = strlen(part);

	if (at + len < SYNTH_NAME) {
		memcpy(name + at, part, len + 1);
	}
}

static void syllables(struct dice *d, const struct sound *s, unsigned n, char *name)
{
	for (unsigned i = 0; i < n; i++) {
		add(name, s->start[dice_below(d, PARTS)]);
		add(name, s->vowel[dice_below(d, PARTS)]);
		add(name, s->close[dice_below(d, PARTS)]);
	}
}

static void make_names(struct dice *d, const struct sound *s, struct synth_person *p)
{
	unsigned surnames = dice_below(d, 100) < s->two_surnames ? 2 : 1;
	unsigned givens = dice_below(d, 100) < 30 ? 2 : 1;

	for (unsigned i = 0; i < surnames; i++) {
		add(p->surname, i > 0 ? " " : "");
		syllables(d, s, 1, p->surname);
		add(p->surname, s->family[dice_below(d, PARTS)]);
	}
	for (unsigned i = 0; i < givens; i++) {
		uint32_t which = dice_below(d, 4);

		add(p->given, i > 0 ? " " : "");
		syllables(d, s, 1, p->given);
		add(p->given, p->sex == 'F' ? s->woman[which] : s->man[which]);
	}
}

static void respell(struct dice *d, const char *name, char *out)
{
	uint32_t first = dice_below(d, COUNT(swaps));

	for (uint32_t i = 0; i < COUNT(swaps); i++) {
		const char *const *swap = swaps[(first + i) % COUNT(swaps)];
		const char *at = strstr(name, swap[0]);

		if (at != NULL) {
			char start[SYNTH_NAME] = "";

			memcpy(start, name, (size_t)(at - name));
			add(out, start);
			add(out, swap[1]);
			add(out, at + strlen(swap[0]));
			return;
		}
	}
	/* Nothing to swap: a doubled letter does as well. */
	const char last[2] = { name[strlen(name) - 1], '\0' };

	add(out, name);
	add(out, last);
}

static void two_digits(char *out, unsigned n)
{
	out[0] = (char)('0' + n / 10);
	out[1] = (char)('0' + n % 10);
}

/* parts: 1 only the year, 2 the month too, 3 all. */
static void iso_date(char out[MRZ_DAY], unsigned year, unsigned month, unsigned day, unsigned parts)
{
	memset(out, 0, MRZ_DAY);
	two_digits(out, year / 100);
	two_digits(out + 2, year % 100);
	if (parts > 1) {
		out[4] = '-';
		two_digits(out + 5, month);
	}
	if (parts > 2) {
		out[7] = '-';
		two_digits(out + 8, day);
	}
}

/* "1974-08" as "7408<<". */
static void zone_date(char out[MRZ_DATE], const char *iso)
{
	memset(out, '<', MRZ_DATE - 1);
	out[MRZ_DATE - 1] = '\0';
	memcpy(out, iso + 2, 2);
	if (iso[4] != '\0') {
		memcpy(out + 2, iso + 5, 2);
		if (iso[7] != '\0') {
			memcpy(out + 4, iso + 8, 2);
		}
	}
}

static unsigned draw_age(struct dice *d)
{
	uint32_t roll = dice_below(d, 100);

	if (roll < 7) {
		return dice_below(d, 18);
	}
	/* Travellers are adults of all ages, rather young than old. */
	uint32_t a = dice_below(d, 66);
	uint32_t b = dice_below(d, 66);

	return 18 + (roll < 60 && b < a ? b : a);
}

static void make_birth(struct dice *d, struct synth_person *p)
{
	uint32_t roll = dice_below(d, 100);
	unsigned parts = 3;

	if (roll < 3) {
		parts = 1;
	} else if (roll < 6) {
		parts = 2;
	}
	unsigned year = SYNTH_YEAR - 1 - draw_age(d);

	iso_date(p->birth, year, 1 + dice_below(d, 12), 1 + dice_below(d, 28), parts);
}

static void make_document(struct dice *d, const char *type, const char *issuer, const char *canary,
			  struct synth_document *out)
{
	static const char figure[] = "0123456789ABCDEF";
	static const char letter[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
	/* Eight in a hundred have run out. */
	unsigned year = dice_below(d, 100) < 8 ? SYNTH_YEAR - 1 - dice_below(d, 5)
					       : SYNTH_YEAR + 1 + dice_below(d, 9);
	size_t from = canary != NULL ? strlen(canary) : 2;

	memcpy(out->type, type, strlen(type) + 1);
	memcpy(out->issuer, issuer, 4);
	iso_date(out->expiry, year, 1 + dice_below(d, 12), 1 + dice_below(d, 28), 3);
	for (size_t i = 0; i < 2; i++) {
		out->number[i] = letter[dice_below(d, sizeof letter - 1)];
	}
	if (canary != NULL) {
		memcpy(out->number, canary, from);
	}
	for (size_t i = from; i < 9; i++) {
		out->number[i] = figure[dice_below(d, canary != NULL ? 16 : 10)];
	}
}

static void make_zone(const struct synth_person *p, struct synth_document *doc,
		      enum mrz_format format)
{
	struct mrz m = { .format = format, .sex = p->sex };

	memcpy(m.type, doc->type, sizeof m.type);
	memcpy(m.issuer, doc->issuer, sizeof m.issuer);
	memcpy(m.surname, p->surname, sizeof p->surname);
	memcpy(m.given, p->given, sizeof p->given);
	memcpy(m.number, doc->number, sizeof doc->number);
	memcpy(m.nationality, p->nationality, sizeof m.nationality);
	zone_date(m.birth, p->birth);
	zone_date(m.expiry, doc->expiry);
	int r = mrz_write(&m, doc->mrz);

	assert(r == ERR_OK);
	(void)r;
}

static void make_canary(struct dice *d, struct synth_person *p)
{
	char tag[9] = "";

	for (int i = 0; i < 8; i++) {
		tag[i] = (char)('A' + dice_below(d, 6));
	}
	memset(p->surname, 0, sizeof p->surname);
	add(p->surname, "CANARY");
	add(p->surname, tag);
	memcpy(p->other_surname, p->surname, sizeof p->surname);
}

void synth_person(uint64_t seed, uint64_t index, bool canary, struct synth_person *out)
{
	struct dice d;
	struct synth_person p = { 0 };

	assert(out != NULL);
	dice_init(&d, seed ^ dice_mix(index), STREAM_PERSON);
	const struct sound *s = &sounds[dice_below(&d, COUNT(sounds))];
	uint32_t sex = dice_below(&d, 100);

	static const char sexes[] = "XFM";

	p.sex = sexes[(sex >= 1) + (sex >= 48)];
	memcpy(p.script, s->script, sizeof p.script);
	make_names(&d, s, &p);
	respell(&d, p.surname, p.other_surname);
	respell(&d, p.given, p.other_given);
	if (canary) {
		make_canary(&d, &p);
	}
	make_birth(&d, &p);
	bool foreign = dice_below(&d, 100) < 45;

	memcpy(p.nationality, foreign ? states[dice_below(&d, COUNT(states))] : "UTO", 4);
	/* Nobody is a citizen of XXA or XXB: others give such people their papers. */
	const char *issuer = p.nationality[0] == 'X' ? "UTO" : p.nationality;

	make_document(&d, "P", issuer, canary ? "CANARY" : NULL, &p.passport);
	make_document(&d, "ID", issuer, canary ? "CANARY" : NULL, &p.card);
	make_zone(&p, &p.passport, MRZ_TD3);
	make_zone(&p, &p.card, MRZ_TD1);
	*out = p;
}
