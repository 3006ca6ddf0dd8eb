"""What the demonstration company sells: categories, their products, and each product's variants."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["ASSORTMENT", "UNRELEASED", "VALUABLE_FROM", "Range"]


class Range(NamedTuple):
    """The products of a category, a line each: `name | cost of the first variant | margin | variants`.

    `shelf_life` in days makes its SKUs lot-controlled. A variant of a product costs `step` times the one before.
    """

    category: str
    stem: str
    shelf_life: int | None
    step: float
    products: str


#: SKUs that cost at least so much are kept in a vault.
VALUABLE_FROM: Final = 25
#: Products that the store keeps back until they are released.
UNRELEASED: Final = frozenset({"Smart mug", "Cold brew concentrate", "Travel yoga mat"})

ASSORTMENT: Final = (
    Range(
        "Drinkware",
        "DRK",
        None,
        1.18,
        """
        Enamel mug | 2.10 | 2.6 | white, blue, sage, black
        Insulated bottle | 7.40 | 2.4 | 350ml, 500ml, 750ml, 1l
        Espresso cup set | 5.20 | 2.5 | 2 cups, 4 cups, 6 cups
        Water carafe | 6.30 | 2.3 | 750ml, 1l, 1.5l
        Beer glass | 1.70 | 2.7 | 0.3l, 0.5l
        Wine glass | 2.90 | 2.6 | white wine, red wine, sparkling
        Smart mug | 38.00 | 1.9 | black, silver
        Kids cup | 1.40 | 2.9 | fox, bear, owl, rabbit
        """,
    ),
    Range(
        "Kitchen",
        "KIT",
        None,
        1.25,
        """
        Chef's knife | 14.50 | 2.2 | 16cm, 20cm, 24cm
        Chopping board | 6.80 | 2.4 | small, medium, large
        Mixing bowl | 3.90 | 2.5 | 1l, 2l, 4l
        Cast iron pan | 16.20 | 2.1 | 20cm, 24cm, 28cm
        Storage jar | 1.60 | 2.8 | 250ml, 500ml, 1l, 2l
        Silicone spatula | 1.30 | 3.0 | red, grey, mint
        Kitchen scale | 9.80 | 2.2 | white, black
        Baking tin | 4.70 | 2.4 | loaf, round, square
        Oven glove | 2.60 | 2.6 | grey, navy
        Pepper mill | 7.90 | 2.3 | oak, walnut
        """,
    ),
    Range(
        "Cleaning",
        "CLN",
        None,
        1.45,
        """
        All-purpose cleaner | 1.20 | 2.4 | 500ml, 1l, 5l
        Dish soap | 0.90 | 2.5 | lemon, aloe, unscented
        Microfibre cloths | 2.20 | 2.5 | pack of 3, pack of 6, pack of 12
        Laundry powder | 3.40 | 2.2 | 1kg, 3kg
        Glass cleaner | 1.30 | 2.4 | 500ml, 1l
        Scrubbing brush | 1.10 | 2.8 | beech, bamboo
        Bin bags | 1.50 | 2.3 | 20l, 35l, 60l
        Descaler | 1.90 | 2.5 | 250ml, 1l
        """,
    ),
    Range(
        "Stationery",
        "STA",
        None,
        1.12,
        """
        Notebook A5 | 2.30 | 2.7 | dotted, lined, plain, squared
        Notebook A4 | 3.10 | 2.6 | dotted, lined, plain
        Gel pen | 0.60 | 3.0 | black, blue, red, green
        Fineliner set | 3.40 | 2.4 | 4 colours, 8 colours, 12 colours
        Desk organiser | 6.20 | 2.3 | oak, white
        Sticky notes | 0.80 | 2.9 | yellow, pastel, neon
        Weekly planner | 4.10 | 2.5 | German, English
        Masking tape | 1.10 | 2.8 | 15mm, 30mm
        """,
    ),
    Range(
        "Lighting",
        "LIT",
        None,
        1.30,
        """
        LED bulb E27 | 1.40 | 2.5 | 4W, 8W, 12W
        LED bulb E14 | 1.30 | 2.5 | 3W, 6W
        Desk lamp | 18.60 | 2.1 | white, black, brass
        Fairy lights | 4.20 | 2.6 | 5m, 10m, 20m
        Torch | 6.10 | 2.4 | 100lm, 300lm, 900lm
        Solar lantern | 8.90 | 2.3 | small, large
        Floor lamp | 61.00 | 1.9 | oak, black
        """,
    ),
    Range(
        "Storage and order",
        "STO",
        None,
        1.35,
        """
        Felt basket | 4.60 | 2.4 | S, M, L
        Stacking box | 3.20 | 2.4 | 5l, 15l, 30l, 60l
        Drawer divider | 2.80 | 2.6 | 2 pieces, 4 pieces
        Clothes hangers | 2.50 | 2.6 | 5 pieces, 10 pieces, 20 pieces
        Wall hook | 1.20 | 3.0 | brass, black, white
        Shoe rack | 11.40 | 2.2 | 2 levels, 4 levels
        Vacuum bags | 3.70 | 2.5 | medium, large
        """,
    ),
    Range(
        "Personal care",
        "CAR",
        720,
        1.40,
        """
        Hand cream | 1.80 | 2.8 | 30ml, 75ml
        Solid shampoo | 2.40 | 2.7 | oat, nettle, rosemary
        Olive oil soap | 1.10 | 2.9 | natural, lavender, lemon
        Face serum | 7.60 | 2.6 | 15ml, 30ml
        Body lotion | 2.90 | 2.6 | 200ml, 400ml
        Lip balm | 0.90 | 3.1 | plain, mint
        Sunscreen SPF 50 | 4.30 | 2.5 | 50ml, 150ml
        Deodorant cream | 2.60 | 2.7 | sage, citrus
        """,
    ),
    Range(
        "Supplements",
        "SUP",
        540,
        1.60,
        """
        Vitamin D3 | 2.80 | 2.9 | 60 drops, 180 drops
        Magnesium capsules | 3.60 | 2.7 | 60 pieces, 120 pieces
        Omega-3 capsules | 5.90 | 2.5 | 60 pieces, 120 pieces
        Whey protein | 9.80 | 2.2 | 500g vanilla, 1kg vanilla
        Pea protein | 8.70 | 2.3 | 500g cocoa, 1kg cocoa
        Electrolyte tablets | 2.10 | 2.8 | lemon, berry
        Zinc tablets | 1.90 | 2.9 | 90 pieces, 180 pieces
        """,
    ),
    Range(
        "Tea and coffee",
        "TEA",
        400,
        1.85,
        """
        Assam tea | 2.60 | 2.5 | 100g, 250g
        Green sencha | 3.40 | 2.5 | 100g, 250g
        Peppermint tea | 1.90 | 2.7 | 50g, 100g
        Rooibos vanilla | 2.10 | 2.6 | 100g, 250g
        Espresso beans | 5.60 | 2.2 | 250g, 500g, 1kg
        Filter coffee | 5.10 | 2.2 | 250g, 500g, 1kg
        Decaf beans | 5.90 | 2.2 | 250g, 500g
        Cold brew concentrate | 3.80 | 2.4 | 250ml, 500ml
        """,
    ),
    Range(
        "Snacks",
        "SNK",
        240,
        1.90,
        """
        Roasted almonds | 2.20 | 2.3 | 100g, 250g, 500g
        Trail mix | 1.90 | 2.4 | 100g, 250g
        Dark chocolate | 1.20 | 2.5 | 70%, 85%
        Oat cookies | 1.40 | 2.4 | plain, cranberry
        Dried mango | 2.50 | 2.3 | 100g, 250g
        Fruit bar | 0.70 | 2.6 | apple, apricot
        Rice crackers | 0.90 | 2.5 | sesame, seaweed
        """,
    ),
    Range(
        "Pet supplies",
        "PET",
        None,
        1.35,
        """
        Dog lead | 5.30 | 2.4 | 1m, 2m
        Dog bowl | 3.60 | 2.5 | S, M, L
        Cat scratcher | 7.20 | 2.2 | small, large
        Cat litter | 4.10 | 2.0 | 5l, 10l, 20l
        Chew toy | 1.80 | 2.8 | rope, rubber, bone
        Travel carrier | 19.40 | 2.0 | S, M
        Grooming brush | 2.90 | 2.6 | short hair, long hair
        """,
    ),
    Range(
        "Tools",
        "TOO",
        None,
        1.28,
        """
        Screwdriver set | 6.40 | 2.3 | 6 pieces, 12 pieces, 24 pieces
        Hammer | 5.70 | 2.3 | 300g, 500g
        Tape measure | 2.10 | 2.7 | 3m, 5m, 8m
        Spirit level | 4.80 | 2.4 | 40cm, 60cm, 100cm
        Cordless drill | 62.00 | 1.7 | 12V, 18V
        Drill bits | 3.90 | 2.5 | wood, metal, masonry
        Work gloves | 1.60 | 2.7 | S, M, L, XL
        Utility knife | 2.20 | 2.6 | 9mm, 18mm
        """,
    ),
    Range(
        "Textiles",
        "TEX",
        None,
        1.30,
        """
        Tea towel | 1.50 | 2.8 | white, striped, checked
        Bath towel | 4.90 | 2.4 | white, sand, slate, sage
        Linen apron | 8.30 | 2.3 | natural, black
        Cotton tote | 1.20 | 3.0 | natural, black, navy
        Wool blanket | 21.50 | 2.0 | grey, camel
        Cushion cover | 3.80 | 2.5 | 40cm, 50cm, 60cm
        Travel yoga mat | 12.70 | 2.2 | teal, plum
        """,
    ),
    Range(
        "Garden",
        "GAR",
        None,
        1.30,
        """
        Terracotta pot | 1.80 | 2.6 | 12cm, 18cm, 24cm
        Watering can | 5.90 | 2.3 | 3l, 5l, 10l
        Secateurs | 7.30 | 2.4 | bypass, anvil
        Plant labels | 1.10 | 3.0 | 10 pieces, 25 pieces
        Potting soil | 2.60 | 2.0 | 10l, 20l, 40l
        Garden twine | 1.30 | 2.8 | 50m, 100m
        Bird feeder | 6.60 | 2.3 | small, large
        Seed mix | 1.20 | 2.9 | wild flowers, herbs, salad
        """,
    ),
    Range(
        "Bathroom",
        "BAT",
        None,
        1.25,
        """
        Soap dish | 2.40 | 2.7 | bamboo, slate, ceramic
        Toothbrush holder | 2.90 | 2.6 | bamboo, ceramic
        Bath mat | 5.20 | 2.4 | white, sand, slate
        Shower caddy | 8.40 | 2.2 | 2 levels, 3 levels
        Toilet brush | 4.30 | 2.5 | white, black
        Laundry basket | 9.10 | 2.2 | 40l, 60l
        """,
    ),
    Range(
        "Wellness",
        "WEL",
        None,
        1.40,
        """
        Massage ball | 1.90 | 2.8 | 6cm, 9cm
        Resistance band | 2.30 | 2.7 | light, medium, strong
        Heat pad | 5.60 | 2.4 | neck, back
        Foam roller | 7.10 | 2.3 | 30cm, 45cm
        Aroma diffuser | 13.80 | 2.1 | white, walnut
        """,
    ),
    Range(
        "Botanicals",
        "BOT",
        None,
        1.50,
        """
        Herb grinder | 6.90 | 2.4 | small, large
        Lavender sachet | 0.90 | 3.0 | single, pack of 5
        Incense cones | 1.20 | 2.8 | cedar, sandalwood
        Dried eucalyptus | 2.80 | 2.5 | small bunch, large bunch
        """,
    ),
)
