"""Files that people bring in: read, checked row by row, imported as far as they are good, and undone.

```
uploads     a file becomes a run            engine      works on the runs that are due, a while at a time
reading     its rows                        checking    what each row would do: really done, and taken back
runs        what people decide about it     importing   batch by batch, each of them whole or not at all
kinds       what a row of each kind does    undoing     reversal, and old values where nobody has changed them since
```
"""
